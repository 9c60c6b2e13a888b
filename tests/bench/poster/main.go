// Command poster calls a provider and does nothing else: so many calls at a
// time, until it is ended. What a worker costs on top of it is the price of
// Kafka, ledger and rules.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
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
	fields := flag.String("fields", "", "JSON file with the fields to post; the sender's own form without it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	sender := formsender.New(*base, "mg.clinic.example", *slots)
	call := sendWith(sender)
	if *fields != "" {
		form, err := read(*fields)
		if err != nil {
			fmt.Fprintln(os.Stderr, "poster:", err)
			os.Exit(1)
		}
		call = postWith(sender, form)
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

// postWith posts the same fields, encoded for each call.
func postWith(s *formsender.Sender, form url.Values) func(string) error {
	return func(string) error {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return s.Post(ctx, form.Encode())
	}
}

func read(path string) (url.Values, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var form url.Values
	return form, json.Unmarshal(data, &form)
}
