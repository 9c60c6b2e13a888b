// Command poster calls a provider and does nothing else: so many calls at a
// time, until it is ended. What a worker costs on top of it is the price of
// Kafka, ledger and rules.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/tests/formsender"
)

func main() {
	base := flag.String("base", "", "the provider's address")
	slots := flag.Int("slots", 64, "calls at a time")
	bare := flag.Bool("bare", false, "post a small form and nothing else; without it, call the sender that consumers are given")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	call := sendWith(formsender.New(*base, "mg.clinic.example", *slots))
	if *bare {
		call = post(*base, *slots)
	}
	var running sync.WaitGroup
	for slot := range *slots {
		running.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if err := call(strconv.Itoa(slot) + "-" + strconv.Itoa(n)); err != nil {
					fmt.Fprintln(os.Stderr, "poster:", err)
				}
			}
		})
	}
	running.Wait()
}

// sendWith sends a notification as a worker does.
func sendWith(s *formsender.Sender) func(string) error {
	at := time.Now().Add(24 * time.Hour)
	return func(id string) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		e := &domain.Event{AppointmentID: id, Time: at}
		recipient := id + "@patients.example"
		_, err := s.Send(ctx, ports.Notification{Key: domain.NewKey(e, domain.Email, recipient), Event: e, Recipient: recipient})
		return err
	}
}

// post is the floor: net/http's own way to post a small form, encoded for each
// call.
func post(base string, slots int) func(string) error {
	client := &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{MaxIdleConns: slots, MaxIdleConnsPerHost: slots},
	}
	address, at := base+"/v3/mg.clinic.example/messages", time.Now().Add(24*time.Hour).Format(time.RFC3339)
	return func(id string) error {
		resp, err := client.PostForm(address, url.Values{
			"from": {"clinic@mg.clinic.example"}, "to": {id + "@patients.example"}, "subject": {"Your appointment"},
			"text": {"Your appointment is at " + at},
		})
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}
