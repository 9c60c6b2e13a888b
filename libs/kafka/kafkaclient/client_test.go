package kafkaclient_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkaclient"
)

const (
	user     = "worker"
	password = "an-example-password"
)

// authority returns a certificate for loopback and the file of its authority.
func authority(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// ping tries to reach the cluster with cfg.
func ping(t *testing.T, cfg kafkaclient.Config, log *zap.Logger) error {
	t.Helper()
	opts, err := kafkaclient.Options(cfg, log)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(append(opts, kgo.RequestRetries(0), kgo.RetryTimeout(time.Second))...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	return client.Ping(ctx)
}

func TestABrokerThatDemandsCredentialsServesOnlyWhoHasThem(t *testing.T) {
	for _, mechanism := range []string{kafkaclient.MechanismPlain, kafkaclient.MechanismSCRAM256, kafkaclient.MechanismSCRAM512} {
		certificate, caFile := authority(t)
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(mechanism, user, password),
			kfake.TLS(&tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cluster.Close)
		good := kafkaclient.Config{
			Seeds: cluster.ListenAddrs(), ClientID: "email-worker", Protocol: kafkaclient.SASLSSL,
			Mechanism: mechanism, Username: user, Password: password, CAFile: caFile,
		}
		core, logged := observer.New(zap.DebugLevel)
		if err := ping(t, good, zap.New(core)); err != nil {
			t.Errorf("%s: %v", mechanism, err)
		}
		for _, entry := range logged.All() {
			if strings.Contains(fmt.Sprint(entry.Message, entry.ContextMap()), password) {
				t.Errorf("the log shows the password: %s", entry.Message)
			}
		}
		stranger, unencrypted, untrusting := good, good, good
		stranger.Password = "another-password"
		unencrypted.Protocol = kafkaclient.SASLPlaintext
		untrusting.CAFile = ""
		for what, cfg := range map[string]kafkaclient.Config{"wrong password": stranger, "no TLS": unencrypted, "unknown authority": untrusting} {
			if err := ping(t, cfg, zap.NewNop()); err == nil {
				t.Errorf("%s with %s was served", mechanism, what)
			} else if strings.Contains(err.Error(), cfg.Password) {
				t.Errorf("%s with %s: the error shows the password", mechanism, what)
			}
		}
	}
}

func TestSettingsThatCannotWorkAreRefusedBeforeAnyConnection(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	seeds := []string{"127.0.0.1:1"}
	for name, cfg := range map[string]kafkaclient.Config{
		"no broker":          {},
		"unknown protocol":   {Seeds: seeds, Protocol: "HTTPS"},
		"unknown mechanism":  {Seeds: seeds, Protocol: kafkaclient.SASLSSL, Mechanism: "GSSAPI", Username: user, Password: password},
		"no password":        {Seeds: seeds, Protocol: kafkaclient.SASLPlaintext, Mechanism: kafkaclient.MechanismPlain, Username: user},
		"missing CA file":    {Seeds: seeds, Protocol: kafkaclient.SSL, CAFile: empty + ".gone"},
		"CA file without CA": {Seeds: seeds, Protocol: kafkaclient.SSL, CAFile: empty},
	} {
		if _, err := kafkaclient.Options(cfg, zap.NewNop()); err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
