package django

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// writeTable makes the test write its table instead of comparing it:
// go test ./tests/django -run Partition -args -write
var writeTable = flag.Bool("write", false, "write the table of partitioners into contracts/README.md")

const tableHead = `<!-- Written by tests/django, TestPartitioners. -->
| client | version tried | setting | same partition as Java |
|---|---|---|---|
`

// producer is a client as its users have it.
type producer struct {
	name, version, setting string
	// agrees is what we rely on, or warn of.
	agrees  bool
	produce func(t *testing.T, topic string, keys []byte)
}

func TestPartitioners(t *testing.T) {
	broker.RequireReal(t)
	const partitions = 12
	keys := sampleKeys()
	want := where(t, keys, partitions, javaProducer)
	var table strings.Builder
	table.WriteString(tableHead + "| Java (kafka-clients), Kafka Connect | 4.3.1 | none | yes |\n")
	for _, p := range producers(t) {
		got := where(t, keys, partitions, p.produce)
		same := 0
		for key, partition := range want {
			if got[key] == partition {
				same++
			}
		}
		said := "yes"
		if same < len(want) {
			said = "**no**"
		}
		t.Logf("%s: %d of %d keys", p.name, same, len(want))
		if agrees := same == len(want); agrees != p.agrees {
			t.Errorf("%s puts %d of %d keys where Java does", p.name, same, len(want))
		}
		fmt.Fprintf(&table, "| %s | %s | %s | %s |\n", p.name, p.version, p.setting, said)
	}
	judgeTable(t, table.String())
}

// sampleKeys are ids as projects have them, one a line: of every length modulo
// four, beyond ASCII, and with bytes above 127, which Java's hash takes as signed.
func sampleKeys() []byte {
	var keys bytes.Buffer
	for n := range 100 {
		fmt.Fprintf(&keys, "%d\napt_%x\n3f0c9a52-5a64-4c0e-9a57-%012d\nтермин-%d\nß%dü\n", n*n*n+1, n, n, n, n)
	}
	return keys.Bytes()
}

// where produces the keys with a client and returns the partition of each.
func where(t *testing.T, keys []byte, partitions int32, produce func(*testing.T, string, []byte)) map[string]int32 {
	t.Helper()
	topic := broker.Topic(t, partitions)
	produce(t, topic, keys)
	found := map[string]int32{}
	for _, r := range read(t, topic) {
		found[string(r.Key)] = r.Partition
	}
	if count := bytes.Count(keys, []byte("\n")); len(found) != count {
		t.Fatalf("%d of %d keys arrived", len(found), count)
	}
	return found
}

// read returns all records of a topic.
func read(t *testing.T, topic string) (records []*kgo.Record) {
	t.Helper()
	ends, err := broker.Admin(t).ListEndOffsets(t.Context(), topic)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	ends.Each(func(o kadm.ListedOffset) { total += int(o.Offset) })
	client := broker.Client(t, kgo.ConsumeTopics(topic))
	for len(records) < total {
		fetches := client.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		records = append(records, fetches.Records()...)
	}
	return records
}

// javaProducer is Kafka's own console producer.
func javaProducer(t *testing.T, topic string, keys []byte) {
	t.Helper()
	jars := filepath.Join(harness.Root(t), ".build/producers/java/*")
	cmd := exec.Command("java", "-Dfile.encoding=UTF-8", "-cp", jars, "org.apache.kafka.tools.ConsoleProducer",
		"--bootstrap-server", broker.Addr(), "--topic", topic,
		"--reader-property", "parse.key=true", "--reader-property", "key.separator=:")
	cmd.Stdin = bytes.NewReader(bytes.ReplaceAll(keys, []byte("\n"), []byte(":x\n")))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func producers(t *testing.T) []producer {
	t.Helper()
	js := filepath.Join(harness.Root(t), ".build/producers")
	const byDefault, named = "none", "`partitioner=murmur2_random`"
	confluent := version(t, "confluent-kafka")
	return []producer{
		{"appointment-notifications (Django)", "this repository's", byDefault, true, pythonProducer("package")},
		{"librdkafka: confluent-kafka (Python, Go, .NET), node-rdkafka, rust-rdkafka, kcat", confluent, named, true, pythonProducer("librdkafka-murmur2")},
		{"the same", confluent, byDefault, false, pythonProducer("librdkafka")},
		{"kafka-python", version(t, "kafka-python"), byDefault, true, pythonProducer("kafka-python")},
		{"aiokafka", version(t, "aiokafka"), byDefault, true, pythonProducer("aiokafka")},
		{"kafkajs", "2.2.4", byDefault, true, command("node", "kafkajs.js", js)},
	}
}

// version asks for an installed Python package's version.
func version(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command(python(t), "-c", "import importlib.metadata as m; print(m.version('"+name+"'), end='')").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func pythonProducer(name string) func(*testing.T, string, []byte) {
	return func(t *testing.T, topic string, keys []byte) {
		t.Helper()
		command(python(t), "produce.py", name)(t, topic, keys)
	}
}

// command runs a program of the folder producers, with broker and topic as the
// last arguments and the keys on its standard input.
func command(program, script string, args ...string) func(*testing.T, string, []byte) {
	return func(t *testing.T, topic string, keys []byte) {
		t.Helper()
		script := filepath.Join("producers", script)
		cmd := exec.Command(program, append(append([]string{script}, args...), broker.Addr(), topic)...)
		cmd.Stdin = bytes.NewReader(keys)
		cmd.Env = append(os.Environ(), "PYTHONPATH="+filepath.Join(client(t), "src"))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
}

// judgeTable compares the table with the one in contracts/README.md, or writes
// it there.
func judgeTable(t *testing.T, table string) {
	t.Helper()
	path := filepath.Join(harness.Root(t), "contracts/README.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), strings.SplitAfter(tableHead, "\n")[0])
	_, after, ends := strings.Cut(rest, "\n\n")
	if !found || !ends {
		t.Fatal("contracts/README.md has no table of partitioners")
	}
	wanted := before + table + "\n" + after
	switch {
	case wanted == string(text):
	case *writeTable:
		if err := os.WriteFile(path, []byte(wanted), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table of contracts/README.md is old; go test ./tests/django -run Partition -args -write makes this one:\n%s", table)
	}
}
