module github.com/kafka-notifications/kafka-notifications/services/push-worker

go 1.26.0

require (
	github.com/kafka-notifications/kafka-notifications/libs v0.0.0
	go.uber.org/fx v1.24.0
)

replace github.com/kafka-notifications/kafka-notifications/libs => ../../libs
