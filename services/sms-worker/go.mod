module github.com/kafka-notifications/kafka-notifications/services/sms-worker

go 1.26.0

require (
	github.com/getkin/kin-openapi v0.153.0
	github.com/kafka-notifications/kafka-notifications/libs v0.0.0
	github.com/twilio/twilio-go v1.31.0
	golang.org/x/text v0.42.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/go-openapi/jsonpointer v0.22.5 // indirect
	github.com/go-openapi/swag/jsonname v0.25.5 // indirect
	github.com/golang/mock v1.6.0 // indirect
	github.com/pkg/errors v0.9.1 // indirect
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3 // indirect
	go.yaml.in/yaml/v4 v4.0.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace github.com/kafka-notifications/kafka-notifications/libs => ../../libs
