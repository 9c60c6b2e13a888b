package bench

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/kafka/envelope"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
)

// toldRecords is how many records the outcomes topic holds: half of them another
// channel's, of the others 50,000 messages that wait and half as many receipts as
// messages beside them.
const toldRecords, toldWaiting = 1_000_000, 50_000

// receiptStart measures how long a worker needs to know again what it waits for.
func receiptStart(l *lab) {
	s := l.system(6)
	l.tell(s)
	var took, processor []float64
	for round := range *rounds {
		p := l.provider(0, 0)
		settings := map[string]string{"MAILGUN_API_BASE_URL": p.url, "KAFKA_GROUP_ID": fmt.Sprintf("%s-%d", s.Group, round)}
		begin := time.Now()
		worker := s.StartWorker(settings)
		l.awaitWaiting(worker, toldWaiting)
		took, processor = append(took, time.Since(begin).Seconds()), append(processor, l.processorTime(team{worker}).Seconds())
		worker.Kill()
	}
	l.report.atMost("receipts: start with 1 M outcomes in the topic", 5, " s", median(took),
		fmt.Sprintf("from the start of the process, %.1f s of processor time; 6 partitions, %d messages wait", median(processor), toldWaiting))
}

// awaitWaiting waits until a worker follows all partitions and n messages wait.
func (l *lab) awaitWaiting(worker *harness.Process, n int) {
	l.Helper()
	harness.Await(l, time.Minute, "the outcomes are read", func() bool {
		_, body := worker.Health("/status")
		var status struct {
			Components struct {
				Receipts struct{ Waiting, Sections, Loading int }
			}
		}
		if err := json.Unmarshal(body, &status); err != nil {
			return false
		}
		r := status.Components.Receipts
		return r.Sections == 6 && r.Loading == 0 && r.Waiting == n
	})
}

// tell writes outcomes and receipts as workers of both channels would have.
func (l *lab) tell(s *harness.System) {
	l.Helper()
	client := l.broker.Client(l, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(5*time.Millisecond),
		kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(50_000))
	now := time.Now()
	write := func(partition int32, o envelope.Outcome) {
		key, value, err := o.Record()
		if err != nil {
			l.Fatal(err)
		}
		client.Produce(l.Context(), &kgo.Record{Topic: s.Outcomes(), Partition: partition, Key: key, Value: value}, nil)
	}
	outcome := func(ch domain.Channel, i int) envelope.Outcome {
		c := claim(s.Source, i)
		return envelope.OutcomeOf(ports.Conclusion{
			Record: &ports.Record{Topic: s.Source, Partition: int32(i % 6), Offset: int64(i), Timestamp: now}, Channel: ch, At: now,
			Event:   &domain.Event{AppointmentID: c.AppointmentID, Status: domain.AppointmentConfirmed},
			Outcome: domain.Sent(c.Key.String() + "@mg.clinic.example"),
		})
	}
	messages := (toldRecords/2 + toldWaiting) / 2 // those that do not wait have a receipt
	for i := range messages {
		o := outcome(domain.Email, i)
		write(int32(i%6), o)
		if i >= toldWaiting {
			write(int32(i%6), o.Received(ports.Receipt{ProviderID: o.ProviderMessageID, Kind: domain.ReceiptDelivered, At: now}))
		}
	}
	for i := range toldRecords / 2 {
		write(int32(i%6), outcome(domain.SMS, i))
	}
	if err := client.Flush(l.Context()); err != nil {
		l.Fatal(err)
	}
}

// receiptCost compares the rate of sends with receipts on and off, in turns.
func receiptCost(l *lab) {
	busy := load{slots: 256, fastest: 50 * ms, slowest: 150 * ms, partitions: 6, warm: 1_000, sends: 16_000, watched: 8 * time.Second}
	windows := map[bool][]window{}
	for round := range *rounds {
		for _, enabled := range []bool{round%2 == 0, round%2 != 0} { // the second of two may find a warmer machine
			windows[enabled] = append(windows[enabled], l.send(busy, map[string]string{
				"RECEIPTS_ENABLED": strconv.FormatBool(enabled), "RECEIPTS_POLL_SECONDS": "1",
			}))
		}
	}
	var rates []float64
	for i := range windows[true] {
		rates = append(rates, windows[true][i].perSecond()/windows[false][i].perSecond())
	}
	l.report.ratio("rate with receipts on, asked every second, to rate with them off: "+busy.String(), goal{0.98, true}, rates, true)
	l.report.figure("receipts, "+busy.String(), "on, asked every second", windows[true])
	l.report.figure("receipts, "+busy.String(), "off", windows[false])
}

// send lets the e-mail worker send a load, with more settings.
func (l *lab) send(load load, settings map[string]string) window {
	l.Helper()
	s, p := l.system(load.partitions), l.provider(load.fastest, load.slowest)
	defer p.close()
	defer l.drop(s)
	l.publishLoad(s, load, emailWorker())
	worker := l.startSender(s, p, emailWorker(), load.slots, settings)
	defer worker.Kill()
	return load.watch(p, worker, emailWorker())
}
