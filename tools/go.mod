module github.com/kafka-notifications/kafka-notifications/tools

go 1.26.0

require github.com/kafka-notifications/kafka-notifications/libs v0.0.0

require github.com/caarlos0/env/v11 v11.4.2 // indirect

replace github.com/kafka-notifications/kafka-notifications/libs => ../libs
