package settings_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
)

func TestTheConsoleIsOpenToNobodyByMistake(t *testing.T) {
	operator := config.Env{"CONSOLE_USER": "olga", "CONSOLE_PASSWORD": "correct horse"}
	for _, c := range []struct {
		env    config.Env
		faulty []string
	}{
		{config.Env{}, nil},
		{config.Env{"CONSOLE_ADDR": "localhost:1"}, nil},
		{config.Env{"CONSOLE_ADDR": "[::1]:1"}, nil},
		{config.Env{"CONSOLE_ADDR": "127.8.9.1:1"}, nil},
		{config.Env{"CONSOLE_ADDR": "0.0.0.0:1"}, []string{"CONSOLE_USER"}},
		{config.Env{"CONSOLE_ADDR": ":1"}, []string{"CONSOLE_USER"}},
		{config.Env{"CONSOLE_ADDR": "[::]:1"}, []string{"CONSOLE_USER"}},
		{config.Env{"CONSOLE_ADDR": "127.0.0.1.evil.example:1"}, []string{"CONSOLE_USER"}},
		{config.Env{"CONSOLE_ADDR": "0.0.0.0:1", "CONSOLE_READER": "rita", "CONSOLE_READER_PASSWORD": "x"}, []string{"CONSOLE_USER"}},
		{with(operator, "CONSOLE_ADDR", "0.0.0.0:1"), nil},
		{config.Env{"CONSOLE_USER": "olga"}, []string{"CONSOLE_PASSWORD"}},
		{config.Env{"CONSOLE_PASSWORD": "x"}, []string{"CONSOLE_USER"}},
		{config.Env{"CONSOLE_READER": "rita"}, []string{"CONSOLE_READER_PASSWORD"}},
		{with(operator, "CONSOLE_USER", "ol:ga"), []string{"CONSOLE_USER"}},
		{with(with(operator, "CONSOLE_READER", "olga"), "CONSOLE_READER_PASSWORD", "x"), []string{"CONSOLE_READER"}},
		{config.Env{"CONSOLE_BASE_PATH": "/ops/letters"}, nil},
		{config.Env{"CONSOLE_BASE_PATH": "/ops/"}, []string{"CONSOLE_BASE_PATH"}},
		{config.Env{"CONSOLE_BASE_PATH": "//evil.example"}, []string{"CONSOLE_BASE_PATH"}},
		{config.Env{"CONSOLE_BASE_PATH": "/.."}, []string{"CONSOLE_BASE_PATH"}},
		{config.Env{"PREVIEW_EVENT_AGES": "sms:1d"}, []string{"PREVIEW_EVENT_AGES"}},
		{config.Env{"PREVIEW_EVENT_AGES": "fax:1h"}, []string{"PREVIEW_EVENT_AGES"}},
	} {
		_, _, err := config.Load[settings.DLQReplayer](with(c.env, "KAFKA_BOOTSTRAP_SERVERS", "kafka.example:9092"))
		var faults config.Faults
		errors.As(err, &faults)
		var names []string
		for _, f := range faults {
			names = append(names, f.Name)
		}
		if !slices.Equal(names, c.faulty) {
			t.Errorf("%v: faults %v, want %v", c.env, faults, c.faulty)
		}
	}
}

func TestEventAgesAreThoseOfTheWorkers(t *testing.T) {
	loaded, _, err := config.Load[settings.DLQReplayer](config.Env{"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"})
	if err != nil {
		t.Fatal(err)
	}
	if ages, err := loaded.Console.MaxEventAges(); err != nil || len(ages) != 1 || ages[domain.SMS] != 24*time.Hour {
		t.Errorf("%v, %v", ages, err)
	}
	loaded.Console.EventAges = "email:48h, sms:0s"
	if ages, err := loaded.Console.MaxEventAges(); err != nil || ages[domain.Email] != 48*time.Hour || ages[domain.SMS] != 0 {
		t.Errorf("%v, %v", ages, err)
	}
}

func with(e config.Env, name, value string) config.Env {
	c := config.Env{name: value}
	for n, v := range e {
		if n != name {
			c[n] = v
		}
	}
	return c
}
