module github.com/kafka-notifications/kafka-notifications/tools

go 1.26.0
