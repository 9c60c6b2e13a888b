package bench

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ledger"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// ledgerEntries is how many records the ledger holds: a claim and its outcome
// for each of half as many appointments.
const ledgerEntries = 1_000_000

// ledgerLoad measures how long a new owner needs for a large ledger, and how
// long it takes only to read it.
func ledgerLoad(l *lab) {
	s := l.system(1)
	l.fill(s, ledgerEntries)
	var perSecond, first, fromStart, reading, slower []float64
	for round := range *rounds {
		reading = append(reading, l.read(ledgerTopic(s), 1, ledgerEntries).Seconds())
		l.publish(s, fmt.Sprintf("after-%d", round), 1)
		p := l.provider(0, 0)
		begin := time.Now()
		worker := s.StartWorker(map[string]string{
			"MAILGUN_API_BASE_URL": p.url, "KAFKA_GROUP_ID": fmt.Sprintf("%s-%d", s.Group, round),
		})
		harness.Await(l, time.Minute, "the first send", func() bool { return p.stats().Arrived > 0 })
		open := l.opened(worker)
		slower = append(slower, open.took.Seconds()/reading[round])
		arrival := p.arrivals()[0]
		perSecond = append(perSecond, ledgerEntries/open.took.Seconds()/1e6)
		first = append(first, arrival.Sub(open.at.Add(-open.took)).Seconds())
		fromStart = append(fromStart, arrival.Sub(begin).Seconds())
		worker.Kill()
	}
	l.report.ratio("ledger load, time to that of only reading the records", goal{}, slower, true)
	l.report.atLeast("ledger load, million entries/s", 1, median(perSecond),
		fmt.Sprintf("1 M entries of 500,000 appointments in one partition; only to read them takes %.2f s here", median(reading)))
	l.report.atMost("first send after assignment, 1 M ledger entries in the partition", 1, " s", median(first),
		fmt.Sprintf("%.2f s from the start of the process", median(fromStart)))
}

// opening is what a worker logs about a lane that it has opened.
type opening struct {
	at   time.Time
	took time.Duration
}

// opened waits for the log line of the lane's opening.
func (l *lab) opened(worker *harness.Process) (o opening) {
	l.Helper()
	lane := regexp.MustCompile(`.*"msg":"lane open".*`)
	var line string
	harness.Await(l, time.Minute, "the lane's opening in the log", func() bool {
		line = lane.FindString(worker.Log())
		return line != ""
	})
	var fields struct{ Time, Took string }
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		l.Fatalf("%s: %v", line, err)
	}
	var err error
	if o.at, err = time.Parse("2006-01-02T15:04:05.000Z0700", fields.Time); err != nil {
		l.Fatal(err)
	}
	if o.took, err = time.ParseDuration(fields.Took); err != nil {
		l.Fatal(err)
	}
	return o
}

// fill writes n entries to one lane as an earlier owner would have.
func (l *lab) fill(s *harness.System, n int) {
	l.Helper()
	l.fillLanes(s, 1, n)
}

// fillLanes is fill over several lanes.
func (l *lab) fillLanes(s *harness.System, lanes, n int) {
	l.Helper()
	client := l.broker.Client(l, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(50_000))
	topic := ledgerTopic(s)
	defer client.Close()
	write := func(lane int, e ledger.Entry) {
		client.Produce(l.Context(), &kgo.Record{Topic: topic, Partition: int32(lane), Key: []byte(e.Claim.AppointmentID), Value: e.Marshal()}, nil)
	}
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for lane := range lanes {
		write(lane, ledger.Entry{Kind: ledger.KindFence, Token: token, Channel: domain.Email})
	}
	for i := range n / 2 {
		c := claim(s.Source, i)
		write(i%lanes, ledger.Entry{Kind: ledger.KindClaimed, Token: token, Claim: c})
		write(i%lanes, ledger.Entry{Kind: ledger.KindSent, Token: token, Claim: c, Code: "20310504094200.1." + c.Key.String()[:16] + "@mg.clinic.example"})
	}
	if err := client.Flush(l.Context()); err != nil {
		l.Fatal(err)
	}
}

func ledgerTopic(s *harness.System) string {
	return strings.ReplaceAll(s.Settings()["KAFKA_TOPIC_LEDGER"], "{channel}", string(domain.Email))
}

// read takes the time of fetching n records of a topic and nothing more.
func (l *lab) read(topic string, partitions, n int) time.Duration {
	l.Helper()
	from := map[int32]kgo.Offset{}
	for p := range partitions {
		from[int32(p)] = kgo.NewOffset().AtStart()
	}
	client := l.broker.Client(l, kgo.FetchMaxBytes(16<<20), kgo.FetchMaxPartitionBytes(8<<20),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}))
	defer client.Close()
	begin := time.Now()
	for n > 0 {
		fetches := client.PollFetches(l.Context())
		if err := fetches.Err(); err != nil {
			l.Fatal(err)
		}
		n -= fetches.NumRecords()
	}
	return time.Since(begin)
}

func claim(source string, i int) ports.Claim {
	id := "earlier-" + strconv.Itoa(i)
	recipient := id + "@patients.example"
	key := domain.NewKey(&domain.Event{AppointmentID: id, Time: time.Unix(int64(2e9+i), 0)}, domain.Email, recipient)
	return ports.Claim{
		Key: key, AppointmentID: id, Handle: "mailgun:v1:mg.clinic.example:" + key.String() + "@mg.clinic.example",
		Origin: ports.Origin{Topic: source, Offset: int64(i), Timestamp: time.Now()}, Lease: 10 * time.Second,
	}
}
