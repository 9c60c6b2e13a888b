package hosts_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/hosts"
)

func TestWhatIsPrivate(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1": true, "127.9.9.9": true, "::1": true, "[::1]": true, "10.1.2.3": true, "172.20.0.5": true, "192.168.1.1": true,
		"169.254.0.1": true, "fe80::1": true, "fd00::1": true, "localhost": true, "LocalHost.": true, "sandbox": true,
		"gateway.internal": true, "kafka.notifications.svc": true, "kafka.notifications.svc.cluster.local": true, "box.home.arpa": true,
		"": false, ".": false, "8.8.8.8": false, "2001:db8::1": false, "172.32.0.1": false, "0.0.0.0": false, "api.mailgun.net": false,
		"localhost.attacker.example": false, "127.0.0.1.attacker.example": false, "svc.attacker.example": false, "home.arpa.example": false,
	} {
		if got := hosts.Private(host); got != want {
			t.Errorf("%q is private: %t", host, got)
		}
	}
}

func TestAPublicNameIsNotAnswered(t *testing.T) {
	answer := hosts.Guard("worker.clinic.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"127.0.0.1:8081": 200, "[::1]:8081": 200, "localhost:8081": 200, "email-worker": 200, "198.51.100.7:8081": 200, "worker.clinic.example:8081": 200,
		"attacker.example": 421, "attacker.example:8081": 421, "127.0.0.1.attacker.example:8081": 421, "": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/status", nil)
		r.Host = host
		w := httptest.NewRecorder()
		answer.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("host %q is answered %d, want %d", host, w.Code, want)
		}
	}
}
