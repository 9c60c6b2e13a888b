// Package kafkaclient makes the options that all Kafka clients of the system share: the
// brokers' addresses, the credentials, and the log.
package kafkaclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/plugin/kzap"
	"go.uber.org/zap"

	"github.com/kafka-notifications/kafka-notifications/libs/nonblock"
)

// The security protocols, by Kafka's names. The empty protocol is Plaintext.
const (
	Plaintext     = "PLAINTEXT"
	SSL           = "SSL"
	SASLPlaintext = "SASL_PLAINTEXT"
	SASLSSL       = "SASL_SSL"
)

// The SASL mechanisms.
const (
	MechanismPlain    = "PLAIN"
	MechanismSCRAM256 = "SCRAM-SHA-256"
	MechanismSCRAM512 = "SCRAM-SHA-512"
)

// Config is how to reach the brokers. It holds a password: do not print it.
type Config struct {
	// Seeds are host:port of the brokers to connect to first.
	Seeds []string
	// ClientID names the program in the brokers' logs and quotas.
	ClientID string
	// Protocol is one of the security protocols, Mechanism one of the SASL
	// mechanisms where the protocol has SASL.
	Protocol, Mechanism string
	Username, Password  string
	// CAFile names a file of PEM certificates that the brokers' certificates are
	// checked against; empty means the system's own.
	CAFile string
}

// metadataAge is how soon a client may look again for the leader of a partition. With
// the client's default of 5 s, it took up to 11.5 s after a leader's death until
// anything was written to its successor.
const metadataAge = time.Second

// dialTimeout bounds dialling a broker, including the TLS handshake. It is the client's
// own bound, which a custom dialler disables.
const dialTimeout = 10 * time.Second

// Options returns the options of a client for cfg that logs to log. It reads the CA
// file and does no other I/O; the brokers are first contacted by the client's first
// request. Callers append their own options.
func Options(cfg Config, log *zap.Logger) ([]kgo.Opt, error) {
	if len(cfg.Seeds) == 0 {
		return nil, errors.New("no Kafka broker is named")
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(cfg.Seeds...),
		kgo.ClientID(cfg.ClientID),
		kgo.WithLogger(kzap.New(log.Named("kafka"), kzap.Level(level(log)))),
		kgo.MetadataMinAge(metadataAge),
	}
	useTLS, useSASL, err := cfg.protocol()
	if err != nil {
		return nil, err
	}
	dial := nonblock.Dial(&net.Dialer{Timeout: dialTimeout})
	if useTLS {
		config, err := cfg.tls()
		if err != nil {
			return nil, err
		}
		dial = overTLS(dial, config)
	}
	opts = append(opts, kgo.Dialer(dial))
	if useSASL {
		mechanism, err := cfg.mechanism()
		if err != nil {
			return nil, err
		}
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

// overTLS returns a dialler that speaks TLS on the connections of dial, as the client
// does for kgo.DialTLSConfig.
func overTLS(dial nonblock.DialFunc, config *tls.Config) nonblock.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, dialTimeout)
		defer cancel()
		server, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, fmt.Errorf("the address of a broker: %w", err)
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		own := config.Clone()
		own.ServerName = server
		secured := tls.Client(conn, own)
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = conn.Close()
			return nil, err
		}
		return secured, nil
	}
}

// level keeps the client's messages about each connection and group step out of the log
// unless the level is debug: normal operation logs nothing.
func level(log *zap.Logger) kgo.LogLevel {
	if log.Core().Enabled(zap.DebugLevel) {
		return kgo.LogLevelDebug
	}
	return kgo.LogLevelWarn
}

func (c Config) protocol() (useTLS, useSASL bool, err error) {
	switch c.Protocol {
	case "", Plaintext:
		return false, false, nil
	case SSL:
		return true, false, nil
	case SASLPlaintext:
		return false, true, nil
	case SASLSSL:
		return true, true, nil
	}
	return false, false, fmt.Errorf("unknown security protocol %q", c.Protocol)
}

// tls returns a configuration without a server name: the client sets the name of each
// broker that it dials.
func (c Config) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the CA file: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the CA file %s holds no PEM certificate", c.CAFile)
	}
	return config, nil
}

func (c Config) mechanism() (sasl.Mechanism, error) {
	if c.Username == "" || c.Password == "" {
		return nil, errors.New("SASL needs a user name and a password")
	}
	credentials := scram.Auth{User: c.Username, Pass: c.Password}
	switch c.Mechanism {
	case MechanismPlain:
		return plain.Auth{User: c.Username, Pass: c.Password}.AsMechanism(), nil
	case MechanismSCRAM256:
		return credentials.AsSha256Mechanism(), nil
	case MechanismSCRAM512:
		return credentials.AsSha512Mechanism(), nil
	}
	return nil, fmt.Errorf("unknown SASL mechanism %q", c.Mechanism)
}
