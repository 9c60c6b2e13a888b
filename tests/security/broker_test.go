package security

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/plain"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// The user that the broker knows from the start, who may do everything, and two
// of those that `notifyctl rights ensure` creates.
const (
	admin, adminPassword = "admin", "admin-password"
	worker, replayer     = "email-worker", "dlq-replayer"
)

func passwordOf(user string) string { return "password-of-" + user }

const namePrefix = "securitytest-"

// secureBroker is Apache Kafka with one listener per security protocol, none of
// which lets an anonymous client in.
type secureBroker struct {
	name string
	// saslSSL, saslPlain and ssl are host:port of the listeners.
	saslSSL, saslPlain, ssl string
	// caFile is the authority that signed the broker's certificate.
	caFile string
}

func startBroker(certificates string) (*secureBroker, error) {
	harness.RemoveOrphans(namePrefix)
	ca, server, err := writeCertificates(certificates)
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	b := &secureBroker{name: namePrefix + strconv.Itoa(os.Getpid()), saslSSL: ports[0], saslPlain: ports[1], ssl: ports[2], caFile: ca}
	args := []string{
		"run", "-d", "--name", b.name, "-v", server + ":/etc/kafka/secrets/server.pem:ro",
		"-p", b.saslSSL + ":9092", "-p", b.saslPlain + ":9093", "-p", b.ssl + ":9094",
	}
	for name, value := range b.environment() {
		args = append(args, "-e", name+"="+value)
	}
	if out, err := exec.Command("docker", append(args, kafkatest.Image())...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("start the broker: %w\n%s", err, out)
	}
	return b, b.addUsers()
}

// environment are the broker's settings. The names of listeners are our own:
// with SSL in its name the official image wants its own kind of key stores.
func (b *secureBroker) environment() map[string]string {
	jaas := func(listener, mechanism, module string) (name, value string) {
		return "KAFKA_LISTENER_NAME_" + listener + "_" + strings.ReplaceAll(mechanism, "-", "___") + "_SASL_JAAS_CONFIG",
			"org.apache.kafka.common.security." + module + ";"
	}
	env := map[string]string{
		"KAFKA_NODE_ID": "1", "KAFKA_PROCESS_ROLES": "broker,controller",
		"KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9097", "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
		"KAFKA_LISTENERS":                                        "BOTH://:9092,AUTH://:9093,CRYPT://:9094,INTERNAL://localhost:9096,CONTROLLER://localhost:9097",
		"KAFKA_ADVERTISED_LISTENERS":                             "BOTH://" + b.saslSSL + ",AUTH://" + b.saslPlain + ",CRYPT://" + b.ssl + ",INTERNAL://localhost:9096",
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP":                   "BOTH:SASL_SSL,AUTH:SASL_PLAINTEXT,CRYPT:SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"KAFKA_INTER_BROKER_LISTENER_NAME":                       "INTERNAL",
		"KAFKA_LOG_DIRS":                                         "/var/lib/kafka/data",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":                 "1",
		"KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS":                     "4",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR":         "1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":                    "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR":            "1",
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS":                 "0",
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE":                        "false",
		"KAFKA_SASL_ENABLED_MECHANISMS":                          "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
		"KAFKA_SSL_KEYSTORE_TYPE":                                "PEM",
		"KAFKA_SSL_KEYSTORE_LOCATION":                            "/etc/kafka/secrets/server.pem",
		"KAFKA_HEAP_OPTS":                                        "-Xmx512M -Xms256M",
		// A user that is not named has no rights; ANONYMOUS comes by the listeners without SASL.
		"KAFKA_AUTHORIZER_CLASS_NAME": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
		"KAFKA_SUPER_USERS":           "User:" + admin + ";User:ANONYMOUS",
	}
	for _, listener := range []string{"BOTH", "AUTH"} {
		name, value := jaas(listener, "PLAIN", `plain.PlainLoginModule required user_`+admin+`="`+adminPassword+`"`)
		env[name] = value
		for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
			name, value := jaas(listener, mechanism, "scram.ScramLoginModule required")
			env[name] = value
		}
	}
	return env
}

// addUsers waits until the broker serves, then lets it know the SCRAM
// credentials, which are kept in Kafka itself.
func (b *secureBroker) addUsers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	client, err := b.admin()
	if err != nil {
		return err
	}
	defer client.Close()
	for {
		err := upsert(ctx, client)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			log, _ := exec.Command("docker", "logs", "--tail", "20", b.name).CombinedOutput()
			return fmt.Errorf("the broker does not serve: %w\n%s", err, log)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// admin returns a client that may do everything.
func (b *secureBroker) admin(more ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(more, kgo.SeedBrokers(b.saslPlain), kgo.SASL(plain.Auth{User: admin, Pass: adminPassword}.AsMechanism()))...)
}

// upsert sets the administrator's credentials. A request may name a user only
// once.
func upsert(ctx context.Context, client *kgo.Client) error {
	for _, mechanism := range []kadm.ScramMechanism{kadm.ScramSha512, kadm.ScramSha256} {
		users := []kadm.UpsertSCRAM{{User: admin, Mechanism: mechanism, Iterations: 4096, Password: adminPassword}}
		altered, err := kadm.NewClient(client).AlterUserSCRAMs(ctx, nil, users)
		if err := errors.Join(err, altered.Error()); err != nil {
			return err
		}
	}
	return nil
}

func (b *secureBroker) close() { _ = exec.Command("docker", "rm", "-fv", b.name).Run() }

// freePorts returns addresses on loopback that nothing listens on.
func freePorts(n int) (addrs []string, err error) {
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer func() { _ = listener.Close() }()
		addrs = append(addrs, listener.Addr().String())
	}
	return addrs, nil
}
