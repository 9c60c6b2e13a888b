package helm

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// checkNetwork asks that the program reaches what its settings name and that
// nothing else is open which has to be shut.
func checkNetwork(t testing.TB, program config.Settings, all objects, w workload, env map[string]string) {
	t.Helper()
	for _, n := range all.networks {
		if len(n.Spec.PolicyTypes) != 2 {
			t.Errorf("%s leaves %v open", n.Name, n.Spec.PolicyTypes)
		}
		mayReach(t, n, "10.96.0.10", 53, core.ProtocolUDP, true)
		mayReach(t, n, "10.96.0.10", 53, core.ProtocolTCP, true)
		for server := range strings.SplitSeq(env["KAFKA_BOOTSTRAP_SERVERS"], ",") {
			mayReach(t, n, "10.0.0.9", portIn(t, server), core.ProtocolTCP, true)
		}
		traced := env["OTEL_EXPORTER_OTLP_ENDPOINT"] != "" && n.Name == w.name
		mayReach(t, n, "10.0.0.9", 4318, core.ProtocolTCP, traced)
		mayReach(t, n, "203.0.113.7", 80, core.ProtocolTCP, false)
		mayReach(t, n, "169.254.169.254", 443, core.ProtocolTCP, false)
		mayReach(t, n, "10.0.0.9", 443, core.ProtocolTCP, false)
		worker := program.Program().Channel != "" && n.Name == w.name
		mayReach(t, n, "203.0.113.7", 443, core.ProtocolTCP, worker)
		mayReach(t, n, "2001:db8::1", 443, core.ProtocolTCP, worker)
		for _, rule := range n.Spec.Ingress {
			for _, p := range rule.Ports {
				if port := portOf(t, w, p.Port.String()); port == "" || len(rule.From) == 0 {
					t.Errorf("%s lets everybody in, or at a port that there is not: %+v", n.Name, rule)
				}
			}
		}
	}
}

func portIn(t testing.TB, server string) int {
	t.Helper()
	port, err := strconv.Atoi(server[strings.LastIndexByte(server, ':')+1:])
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func mayReach(t testing.TB, n networking.NetworkPolicy, ip string, port int, protocol core.Protocol, want bool) {
	t.Helper()
	if got := reaches(n, netip.MustParseAddr(ip), port, protocol); got != want {
		t.Errorf("%s: %s %s:%d may be reached: %v, want %v", n.Name, protocol, ip, port, got, want)
	}
}

// reaches evaluates the rules as a network plug-in does, for peers that are
// addresses.
func reaches(n networking.NetworkPolicy, ip netip.Addr, port int, protocol core.Protocol) bool {
	for _, rule := range n.Spec.Egress {
		if toPort(rule.Ports, port, protocol) && (len(rule.To) == 0 || toPeer(rule.To, ip)) {
			return true
		}
	}
	return false
}

func toPort(ports []networking.NetworkPolicyPort, port int, protocol core.Protocol) bool {
	for _, p := range ports {
		over := core.ProtocolTCP
		if p.Protocol != nil {
			over = *p.Protocol
		}
		if over == protocol && (p.Port == nil || p.Port.IntValue() == port) {
			return true
		}
	}
	return len(ports) == 0
}

func toPeer(peers []networking.NetworkPolicyPeer, ip netip.Addr) bool {
	for _, peer := range peers {
		if peer.IPBlock == nil || !netip.MustParsePrefix(peer.IPBlock.CIDR).Contains(ip) {
			continue
		}
		excepted := false
		for _, e := range peer.IPBlock.Except {
			excepted = excepted || netip.MustParsePrefix(e).Contains(ip)
		}
		if !excepted {
			return true
		}
	}
	return false
}

// The policy follows the settings: brokers and providers on other ports are
// reached, and named peers only where there are any.
func TestTheNetworkPolicyFollowsTheSettings(t *testing.T) {
	each(t, func(t *testing.T, program config.Settings) {
		provider := map[string]string{"email-worker": "MAILGUN_API_BASE_URL", "sms-worker": "TWILIO_API_BASE_URL"}[program.Program().Name]
		for address, port := range map[string]int{"https://api.example": 443, "https://api.example:8443/v3": 8443, "http://stub.clinic.svc": 80} {
			v := with(required(t, program), "settings.KAFKA_BOOTSTRAP_SERVERS", "a.kafka.svc:9094, [fd00::7]:9095",
				"networkPolicy.kafka", map[string]any{"to": []any{map[string]any{"ipBlock": map[string]any{"cidr": "10.7.0.0/16"}}}, "ports": []any{9096}})
			if provider != "" {
				v = with(v, "settings."+provider, address)
			}
			n := installed(t, program, v).networks[0]
			for _, broker := range []int{9094, 9095, 9096} {
				mayReach(t, n, "10.7.0.1", broker, core.ProtocolTCP, true)
				mayReach(t, n, "10.8.0.1", broker, core.ProtocolTCP, false)
			}
			mayReach(t, n, "203.0.113.7", port, core.ProtocolTCP, provider != "")
			if u, err := url.Parse(address); err != nil || provider != "" && u.Port() != "" {
				mayReach(t, n, "203.0.113.7", 443, core.ProtocolTCP, false)
			}
		}
	})
}

func TestTheConsoleIsOpenToThoseWhoAreNamedOnly(t *testing.T) {
	for _, program := range []config.Settings{theReplayer()} {
		v := with(required(t, program), "console.enabled", true, "settings.CONSOLE_USER", "olga",
			"secrets.CONSOLE_PASSWORD", map[string]any{"name": "console", "key": "password"})
		for from, want := range map[string]int{"": 1, "nobody": 0} {
			v := v
			if from != "" {
				v = with(v, "networkPolicy.console.from", []any{})
			}
			rules := 0
			for _, rule := range installed(t, program, v).networks[0].Spec.Ingress {
				if rule.Ports[0].Port.String() == "console" {
					rules++
				}
			}
			if rules != want {
				t.Errorf("console open to %q: %d rules, want %d", from, rules, want)
			}
		}
		closed := installed(t, program, required(t, program))
		if len(closed.services) != 1 || len(closed.networks[0].Spec.Ingress) != 1 {
			t.Error("a console that is not enabled can be reached")
		}
	}
}
