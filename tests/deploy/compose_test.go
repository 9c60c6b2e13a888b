package deploy

import (
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

func TestTheWholeSystemRunsInContainers(t *testing.T) {
	s := newStack(t)
	s.compose("up", "-d", "--build", "--wait", "--wait-timeout", "180")
	s.compose("up", "-d", "--wait", "--wait-timeout", "180", "prometheus") // Naming it switches its profile on; Grafana stays off.
	// The steps build on each other: bringing the system up once takes long enough.
	for _, step := range []struct {
		what string
		do   func(*stack)
	}{
		{"an event published from the host is an e-mail in the inbox", publishedFromTheHost},
		{"containers are locked down and reachable on loopback only", lockedDown},
		{"a channel that is killed, stopped or upgraded leaves the other alone", channelsAreIndependent},
		{"Prometheus finds what runs, and what does not", foundByPrometheus},
		{"everything ends in good order", endsInOrder},
	} {
		if !t.Run(step.what, func(t *testing.T) {
			here := *s
			here.T = t
			step.do(&here)
		}) {
			return
		}
	}
}

func publishedFromTheHost(s *stack) {
	publish := harness.Start(s, binaries.Path(s, "tools/notifyctl"), map[string]string{"KAFKA_BOOTSTRAP_SERVERS": s.kafka},
		"publish", "--email", "mara.lind@patients.example", "--id", "first")
	if code := publish.Wait(time.Minute); code != 0 || !strings.Contains(publish.Log(), "appointment first") {
		s.Fatalf("notifyctl publish ended with %d:\n%s", code, publish.Log())
	}
	harness.Await(s, 30*time.Second, "the e-mail is in the inbox", func() bool {
		return s.accepted(sandbox.Email)["mara.lind@patients.example"] == 1
	})
	told := s.compose("run", "--rm", "notifyctl", "status", "--appointment", "first")
	if !strings.Contains(told, "SENT") || strings.Contains(told, "patients.example") {
		s.Errorf("notifyctl status says:\n%s", told)
	}
	if out := s.compose("run", "--rm", "notifyctl", "doctor"); strings.Contains(out, "FAIL") {
		s.Errorf("notifyctl doctor says:\n%s", out)
	}
}

// container is what docker says about one.
type container struct {
	Config     struct{ User string }
	HostConfig struct {
		ReadonlyRootfs bool
		CapDrop        []string
		SecurityOpt    []string
		LogConfig      struct{ Config map[string]string }
	}
	NetworkSettings struct {
		Ports map[string][]struct{ HostIP, HostPort string }
	}
	State struct {
		Status   string
		ExitCode int
	}
}

func (s *stack) containers() map[string]container {
	s.Helper()
	found := map[string]container{}
	for _, service := range strings.Fields(s.whole("ps", "-a", "--services")) {
		var c []container
		inspect(s.T, &c, s.project+"-"+service+"-1")
		found[service] = c[0]
	}
	return found
}

func lockedDown(s *stack) {
	for service, c := range s.containers() {
		ours := !slices.Contains([]string{"kafka", "preflight", "prometheus"}, service)
		if ours && (!c.HostConfig.ReadonlyRootfs || c.Config.User != "65532:65532") {
			s.Errorf("%s: read-only %t, user %q", service, c.HostConfig.ReadonlyRootfs, c.Config.User)
		}
		if !slices.Contains(c.HostConfig.CapDrop, "ALL") || !slices.Contains(c.HostConfig.SecurityOpt, "no-new-privileges:true") {
			s.Errorf("%s: drops %v, %v", service, c.HostConfig.CapDrop, c.HostConfig.SecurityOpt)
		}
		if c.HostConfig.LogConfig.Config["max-size"] == "" {
			s.Errorf("the log of %s grows for ever", service)
		}
		for port, bindings := range c.NetworkSettings.Ports {
			for _, b := range bindings {
				if b.HostIP != "127.0.0.1" {
					s.Errorf("%s: %s is published on %s", service, port, b.HostIP)
				}
			}
		}
	}
	_, port, _ := net.SplitHostPort(s.kafka)
	for _, ip := range otherAddresses(s) {
		conn, err := net.DialTimeout("tcp", net.JoinHostPort(ip, port), time.Second)
		if err == nil {
			_ = conn.Close()
			s.Errorf("Kafka answers on %s:%s", ip, port)
		}
	}
}

// otherAddresses lists this machine's addresses that others can reach.
func otherAddresses(s *stack) (ips []string) {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		s.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && n.IP.To4() != nil {
			ips = append(ips, n.IP.String())
		}
	}
	return ips
}

// channelsAreIndependent takes each worker away in each way while events for
// both channels arrive.
func channelsAreIndependent(s *stack) {
	const batch = 600
	all := bothChannels("base", 0, batch)
	s.publish(all)
	undisturbed := s.await(sandbox.Email, "email", all, time.Minute)
	s.await(sandbox.SMS, "phone_e164", all, time.Minute)
	type half struct{ service, channel, field string }
	email, sms := half{"email-worker", sandbox.Email, "email"}, half{"sms-worker", sandbox.SMS, "phone_e164"}
	for _, d := range []struct {
		name        string
		down, other half
		take, bring []string
	}{
		{"kill", sms, email, []string{"kill", "sms-worker"}, []string{"start", "sms-worker"}},
		{"stop", email, sms, []string{"stop", "email-worker"}, []string{"start", "email-worker"}},
		{"upgrade", sms, email, []string{"rm", "-sf", "sms-worker"}, []string{"up", "-d", "--no-deps", "sms-worker"}},
	} {
		events := bothChannels(d.name, len(all), batch)
		all = append(all, events...)
		s.publish(events[:batch/2]) // under way when it happens
		s.compose(d.take...)
		before := len(s.accepted(d.down.channel))
		s.publish(events[batch/2:])
		took := s.await(d.other.channel, d.other.field, events, time.Minute)
		s.Logf("%s of the %s: the other channel took %s, undisturbed %s", d.name, d.down.service, took, undisturbed)
		if limit := 3*undisturbed + 3*time.Second; took > limit {
			s.Errorf("%s of the %s: the other channel took %s", d.name, d.down.service, took)
		}
		if n := len(s.accepted(d.down.channel)); n != before {
			s.Fatalf("the %s still sends: the test proves nothing", d.down.service)
		}
		s.compose(d.bring...)
		s.await(d.down.channel, d.down.field, all, time.Minute)
	}
	s.await(sandbox.Email, "email", all, time.Minute)
}

func endsInOrder(s *stack) {
	s.whole("stop")
	for service, c := range s.containers() {
		if c.State.Status != "exited" || (c.State.ExitCode != 0 && service != "kafka") {
			s.Errorf("%s is %s with exit code %d", service, c.State.Status, c.State.ExitCode)
		}
	}
	s.whole("down", "-v")
	left, err := exec.Command("docker", "ps", "-aq", "--filter", "label=com.docker.compose.project="+s.project).Output()
	if err != nil || len(left) > 0 {
		s.Errorf("left behind: %s %v", left, err)
	}
}

func TestRealAccountsAndTheSandboxDoNotMix(t *testing.T) {
	sandboxed, plain := []string{"--profile", "sandbox"}, []string(nil)
	for what, c := range map[string]struct {
		env      string
		profiles []string
		refused  string
	}{
		"real accounts beside the sandbox": {"MAILGUN_API_KEY=key", sandboxed, "move .env away"},
		"neither":                          {"UNRELATED=1", plain, "Copy .env.example to .env"},
		"the sandbox alone":                {"UNRELATED=1", sandboxed, ""},
		"real accounts alone":              {"MAILGUN_API_KEY=key", plain, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			s.env = append(s.env, c.env)
			r := s.tryWith(c.profiles, "up", "--exit-code-from", "preflight", "preflight")
			if (r.err != nil) != (c.refused != "") || !strings.Contains(r.output, c.refused) {
				t.Errorf("%v\n%s", r.err, r.output)
			}
		})
	}
}

// The short waits of the sandbox's settings would be a danger with a real
// account.
func TestNoSettingOfTheSandboxReachesARealAccount(t *testing.T) {
	s := newStack(t)
	s.env = append(s.env, "MAILGUN_API_KEY=key")
	if r := s.tryWith([]string{"--profile", "*"}, "config"); r.err != nil || strings.Contains(r.output, `RECONCILE_SETTLE_SECONDS: "1"`) || strings.Contains(r.output, `RECONCILE_VISIBILITY_SECONDS: "1"`) || strings.Contains(r.output, "MAILGUN_API_KEY: sandbox") {
		t.Errorf("%v\n%s", r.err, r.output)
	}
}
