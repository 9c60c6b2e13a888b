package config

import "strings"

// Security holds the settings that protect connections to the brokers.
type Security struct {
	Protocol  string `env:"KAFKA_SECURITY_PROTOCOL" envDefault:"PLAINTEXT" is:"oneof PLAINTEXT|SSL|SASL_PLAINTEXT|SASL_SSL" about:"Encryption and authentication of the connections."`
	Mechanism string `env:"KAFKA_SASL_MECHANISM" is:"oneof PLAIN|SCRAM-SHA-256|SCRAM-SHA-512" about:"Needed with SASL_PLAINTEXT and SASL_SSL."`
	Username  string `env:"KAFKA_SASL_USERNAME" is:"text 256" about:"Needed with SASL_PLAINTEXT and SASL_SSL."`
	Password  Secret `env:"KAFKA_SASL_PASSWORD" is:"secret" about:"Needed with SASL_PLAINTEXT and SASL_SSL."`
	// CAFile is empty for the system's authorities.
	CAFile string `env:"KAFKA_TLS_CA_FILE" is:"pem" about:"The authorities that the brokers' certificates are checked against; without it, those of the system."`
}

// TLS reports whether connections are encrypted.
func (s Security) TLS() bool { return strings.HasSuffix(s.Protocol, "SSL") }

// SASL reports whether connections are authenticated with a user name.
func (s Security) SASL() bool { return strings.HasPrefix(s.Protocol, "SASL_") }

// Check reports settings that the protocol lacks, and warns about settings that
// it does not use.
func (s *Security) Check(r *Report) {
	if r.Faulty("KAFKA_SECURITY_PROTOCOL") {
		return
	}
	given := map[string]bool{
		"KAFKA_SASL_MECHANISM": s.Mechanism != "",
		"KAFKA_SASL_USERNAME":  s.Username != "",
		"KAFKA_SASL_PASSWORD":  !s.Password.Empty(),
	}
	for _, name := range []string{"KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"} {
		switch {
		case r.Faulty(name):
		case s.SASL() && !given[name]:
			r.Fault(name, "is required when KAFKA_SECURITY_PROTOCOL is "+s.Protocol)
		case !s.SASL() && given[name]:
			r.Warn(name + " has no effect while KAFKA_SECURITY_PROTOCOL is " + s.Protocol)
		}
	}
	if s.CAFile != "" && !s.TLS() {
		r.Warn("KAFKA_TLS_CA_FILE has no effect while KAFKA_SECURITY_PROTOCOL is " + s.Protocol)
	}
}
