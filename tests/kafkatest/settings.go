package kafkatest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// host is where brokers listen: this machine only.
const host = "127.0.0.1"

// environment returns the broker's settings. The image drops all of its defaults as soon as one is given, so the
// first group is what a single node needs at all; the second makes tests honest and fast. The broker has a listener for
// itself, because transactions make it call itself, and the address that clients use leads nowhere inside the container;
// and a second one for clients, whose advertised address is a test's own, see Detour.
func environment(addr, detour string) map[string]string {
	return map[string]string{
		"KAFKA_NODE_ID":                                          "1",
		"KAFKA_PROCESS_ROLES":                                    "broker,controller",
		"KAFKA_LISTENERS":                                        "PLAINTEXT://:9092,DETOUR://:9095,INTERNAL://localhost:9094,CONTROLLER://localhost:9093",
		"KAFKA_ADVERTISED_LISTENERS":                             "PLAINTEXT://" + addr + ",DETOUR://" + detour + ",INTERNAL://localhost:9094",
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP":                   "CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,DETOUR:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"KAFKA_INTER_BROKER_LISTENER_NAME":                       "INTERNAL",
		"KAFKA_CONTROLLER_LISTENER_NAMES":                        "CONTROLLER",
		"KAFKA_CONTROLLER_QUORUM_VOTERS":                         "1@localhost:9093",
		"KAFKA_LOG_DIRS":                                         "/var/lib/kafka/data",
		"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR":                 "1",
		"KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR":         "1",
		"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR":                    "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
		"KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR":            "1",

		// A topic that was not created is a fault that tests must see.
		"KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
		// A group is usable at once, and a dead member is noticed within a second where a test asks for that.
		"KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
		"KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS":     "1000",
		// A log is compacted within a second of being due, not after 15.
		"KAFKA_LOG_CLEANER_BACKOFF_MS": "1000",
		// Fewer internal partitions to create on first use and to recover after a kill (50 of each by default).
		"KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS":         "4",
		"KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS": "4",
		"KAFKA_HEAP_OPTS":                            "-Xmx512M -Xms256M",
	}
}

func address(port uint16) string { return fmt.Sprintf("%s:%d", host, port) }

// freePort returns a port that nothing listens on. It lies below the range that systems hand out for outgoing
// connections (from 32768 on Linux), so that none of those takes it while the broker is stopped.
func freePort() (uint16, error) {
	for range 100 {
		port := uint16(20000 + rand.IntN(10000))
		listener, err := net.Listen("tcp", address(port))
		if err != nil {
			continue
		}
		return port, listener.Close()
	}
	return 0, errors.New("no free port between 20000 and 29999")
}
