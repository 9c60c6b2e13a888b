// Package rivals is what the consumers have in common that workers are compared
// with. They use the Kafka client plainly: no ledger, no dead letters, no
// outcomes, no rules, no calendar file. What they send is one small form.
package rivals

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Consumer reads the source and sends. Safe for concurrent use.
type Consumer struct {
	*kgo.Client
	// Slots is how many sends may run at a time.
	Slots int
	http  *http.Client
	url   string
}

// Run makes a consumer from the settings of a worker and lets work use it until
// SIGTERM; what goes wrong ends the program.
func Run(work func(context.Context, *Consumer) error) {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	c, err := newConsumer()
	if err == nil {
		defer c.Close()
		err = work(ctx, c)
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func newConsumer() (*Consumer, error) {
	slots, err := strconv.Atoi(os.Getenv("DELIVERY_CONCURRENCY"))
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(os.Getenv("KAFKA_BOOTSTRAP_SERVERS")),
		kgo.ConsumerGroup(os.Getenv("KAFKA_GROUP_ID")),
		kgo.ConsumeTopics(os.Getenv("KAFKA_TOPIC_APPOINTMENTS_CREATED")),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return nil, err
	}
	return &Consumer{
		Client: client, Slots: slots,
		http: &http.Client{Transport: &http.Transport{MaxIdleConns: slots, MaxIdleConnsPerHost: slots}},
		url:  os.Getenv("MAILGUN_API_BASE_URL") + "/v3/" + os.Getenv("MAILGUN_DOMAIN") + "/messages",
	}, nil
}

// Poll returns the next records, at most n.
func (c *Consumer) Poll(ctx context.Context, n int) ([]*kgo.Record, error) {
	fetches := c.PollRecords(ctx, n)
	return fetches.Records(), fetches.Err()
}

// Send posts what one event asks for.
func (c *Consumer) Send(ctx context.Context, r *kgo.Record) error {
	var event struct {
		AppointmentID string `json:"appointment_id"`
		Email, Time   string
	}
	if err := json.Unmarshal(r.Value, &event); err != nil {
		return err
	}
	form := url.Values{
		"from": {"clinic@mg.clinic.example"}, "to": {event.Email}, "subject": {"Your appointment"},
		"text": {"Your appointment is at " + event.Time},
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth("api", os.Getenv("MAILGUN_API_KEY"))
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
