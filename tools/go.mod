module github.com/kafka-notifications/kafka-notifications/tools

go 1.26.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/kafka-notifications/kafka-notifications/libs v0.0.0
	github.com/twmb/franz-go v1.22.2
	github.com/twmb/franz-go/pkg/kadm v1.19.0
	github.com/twmb/franz-go/pkg/kfake v0.0.0-20260918054303-01f206a7e32c
	go.uber.org/zap v1.28.0
	golang.org/x/net v0.60.0
)

require (
	github.com/BurntSushi/toml v1.6.0 // indirect
	github.com/arran4/golang-ical v0.3.4 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.43.0 // indirect
)

require (
	github.com/caarlos0/env/v11 v11.4.2 // indirect
	github.com/kafka-notifications/kafka-notifications/services/dlq-replayer v0.0.0
	github.com/kafka-notifications/kafka-notifications/services/email-worker v0.0.0
	github.com/kafka-notifications/kafka-notifications/services/sms-worker v0.0.0
	github.com/klauspost/compress v1.20.3 // indirect
	github.com/pierrec/lz4/v4 v4.1.33 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	github.com/twmb/franz-go/pkg/kmsg v1.15.0 // indirect
	github.com/twmb/franz-go/plugin/kzap v1.1.2 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5
	golang.org/x/time v0.16.0 // indirect
)

replace github.com/kafka-notifications/kafka-notifications/libs => ../libs

replace github.com/kafka-notifications/kafka-notifications/services/email-worker => ../services/email-worker

replace github.com/kafka-notifications/kafka-notifications/services/sms-worker => ../services/sms-worker

replace github.com/kafka-notifications/kafka-notifications/services/dlq-replayer => ../services/dlq-replayer
