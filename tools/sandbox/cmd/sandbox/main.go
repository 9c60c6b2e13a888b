// Command sandbox runs the stand-in for Mailgun and Twilio as a process.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var o sandbox.Options
	flags := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:8085", "address to listen on; loopback when it names no host")
	flags.StringVar(&o.LogPath, "log", "", "journal of all requests, JSON lines; read again at start")
	flags.StringVar(&o.MailgunKey, "mailgun-key", "", "the only valid API key; empty: any")
	flags.StringVar(&o.MailgunReadKey, "mailgun-read-key", "", "the only key that look-ups are answered with, the other one can then only send; empty: --mailgun-key")
	flags.StringVar(&o.MailgunDomain, "mailgun-domain", "", "the only sending domain; empty: any")
	flags.StringVar(&o.TwilioAccountSID, "twilio-account", "", "the only valid account SID; empty: any")
	flags.StringVar(&o.TwilioAuthToken, "twilio-token", "", "the only valid auth token; empty: any")
	flags.StringVar(&o.TwilioFrom, "twilio-from", "", "the only valid sender; empty: any")
	flags.DurationVar(&o.EmailVisibility, "email-visibility", 0, "time until an accepted e-mail shows in the events")
	flags.DurationVar(&o.SMSVisibility, "sms-visibility", 0, "time until an accepted SMS shows in the list")
	flags.DurationVar(&o.EmailRetention, "email-retention", 0, "time that e-mails stay in the events; 0: for ever")
	flags.DurationVar(&o.SMSRetention, "sms-retention", 0, "time that SMS stay in the list; 0: for ever")
	flags.IntVar(&o.KeepMessages, "keep", 10_000, "messages that the inbox shows in full")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s, err := sandbox.New(o)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	return s.Serve(ctx, *addr, func(a string) {
		fmt.Printf("sandbox listens on http://%s (inbox at /)\n", a)
	})
}
