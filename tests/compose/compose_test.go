// Package compose tests what Docker Compose makes of docker-compose.yml and its
// overlays, without starting anything.
package compose

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tools/settings/settingsdoc"
)

func TestMain(m *testing.M) { os.Exit(run(m)) }

// run skips the tests on a developer's machine without Docker Compose and fails
// them everywhere else.
func run(m *testing.M) int {
	out, err := exec.Command("docker", "compose", "version").CombinedOutput()
	if err == nil {
		return m.Run()
	}
	fmt.Fprintf(os.Stderr, "NOT TESTED: docker-compose.yml; there is no Docker Compose (`make testenv` sets it up):\n%s\n", out)
	switch os.Getenv("CI") {
	case "", "0", "false":
		return 0
	}
	return 1
}

// service is one container as Compose would make it.
type service struct {
	Environment map[string]string `json:"environment"`
	MemLimit    string            `json:"mem_limit"`
	PidsLimit   int               `json:"pids_limit"`
	ReadOnly    bool              `json:"read_only"`
	CapDrop     []string          `json:"cap_drop"`
	Ports       []struct {
		HostIP string `json:"host_ip"`
	} `json:"ports"`
}

// resolve returns all services with the content of .env put in.
func resolve(t *testing.T, dotEnv string, files ...string) map[string]service {
	t.Helper()
	path := filepath.Join(t.TempDir(), ".env")
	if err := os.WriteFile(path, []byte(dotEnv), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"compose", "--env-file", path, "--profile", "*"}
	for _, file := range append([]string{"docker-compose.yml"}, files...) {
		args = append(args, "-f", file)
	}
	cmd := exec.Command("docker", append(args, "config", "--format", "json")...)
	cmd.Dir, cmd.Env = harness.Root(t), []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker compose config: %v", err)
	}
	var project struct {
		Services map[string]service `json:"services"`
	}
	if err := json.Unmarshal(out, &project); err != nil {
		t.Fatal(err)
	}
	for _, s := range project.Services {
		for name, value := range s.Environment { // It writes what it could read again.
			s.Environment[name] = strings.ReplaceAll(value, "$$", "$")
		}
	}
	return project.Services
}

// names lists the variables that a program reads.
func names(s config.Settings) (all []string) {
	for _, setting := range config.SettingsOf(s) {
		all = append(all, setting.Name)
		if setting.Secret {
			all = append(all, setting.Name+"_FILE")
		}
	}
	return all
}

// TestEachContainerGetsItsOwnSettingsAndNoOthers fills in every variable that any
// program reads, and one that none of them reads.
func TestEachContainerGetsItsOwnSettingsAndNoOthers(t *testing.T) {
	own := map[string][]string{
		"kafka": nil, "preflight": nil, "sandbox": nil, "django": nil, "django-relay": nil, "django-outcomes": nil,
		"prometheus": nil, "grafana": nil,
	}
	var file strings.Builder
	file.WriteString("DJANGO_SECRET_KEY=value-of-DJANGO_SECRET_KEY\n")
	for _, program := range settingsdoc.Programs() {
		name := program.Program().Name
		own[name] = names(program)
		for _, variable := range own[name] {
			fmt.Fprintf(&file, "%s=value-of-%[1]s\n", variable)
		}
	}
	own["topics"] = own["notifyctl"]
	for _, program := range settingsdoc.Programs() { // The doctor looks at all of them.
		own["notifyctl"] = append(own["notifyctl"], names(program)...)
	}
	fixed := []string{"KAFKA_BOOTSTRAP_SERVERS", "HEALTH_ADDR", "MESSAGES_DIR"}
	services := resolve(t, file.String())
	if len(services) != len(own) {
		t.Errorf("%d services, %d are known here", len(services), len(own))
	}
	for service, variables := range own {
		environment := services[service].Environment
		for name, value := range environment {
			if strings.HasPrefix(value, "value-of-") && !slices.Contains(variables, name) {
				t.Errorf("the container of %s gets %s", service, name)
			}
		}
		for _, name := range variables {
			if !slices.Contains(fixed, name) && environment[name] != "value-of-"+name {
				t.Errorf("the container of %s gets %s=%q", service, name, environment[name])
			}
		}
	}
}

func TestAValueReachesItsContainerAsItIsWritten(t *testing.T) {
	for line, want := range map[string]string{
		`CONSOLE_PASSWORD='pa$word ${HOME} "x" \n # y'`: `pa$word ${HOME} "x" \n # y`,
		`CONSOLE_PASSWORD="it's \"q\" \$x"`:             `it's "q" $x`,
		`CONSOLE_PASSWORD=a#b\c=d`:                      `a#b\c=d`,
		`CONSOLE_PASSWORD=`:                             ``,
	} {
		if got := resolve(t, line+"\n")["dlq-replayer"].Environment["CONSOLE_PASSWORD"]; got != want {
			t.Errorf("%s arrives as %q", line, got)
		}
	}
}

// What .env says counts before the sandbox's settings.
func TestTheSandboxLeavesWhatIsSet(t *testing.T) {
	services := resolve(t, "TWILIO_RATE_PER_SECOND=7\nBRAND_NAME=Clinic\n")
	for name, want := range map[string]string{"TWILIO_RATE_PER_SECOND": "7", "BRAND_NAME": "Clinic", "RECONCILE_SETTLE_SECONDS": "1", "TWILIO_AUTH_TOKEN": "sandbox"} {
		if got := services["sms-worker"].Environment[name]; got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestEveryContainerIsBounded(t *testing.T) {
	for name, s := range resolve(t, "", "deploy/compose.secure.yml") {
		if s.MemLimit == "" || s.MemLimit == "0" || s.PidsLimit <= 0 {
			t.Errorf("%s may take memory %q and %d processes", name, s.MemLimit, s.PidsLimit)
		}
		if !slices.Contains(s.CapDrop, "ALL") || !s.ReadOnly && name != "kafka" {
			t.Errorf("%s keeps privileges", name)
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s listens on %q", name, port.HostIP)
			}
		}
	}
}

// With users, each program has its own, and no password stands in a variable.
func TestEachContainerIsAUserOfItsOwn(t *testing.T) {
	services := resolve(t, "KAFKA_SASL_PASSWORD=from-dot-env\n", "deploy/compose.secure.yml")
	for name, user := range map[string]string{
		"rights": "admin", "topics": "notifyctl", "email-worker": "email-worker", "sms-worker": "sms-worker",
		"dlq-replayer": "dlq-replayer", "notifyctl": "admin",
	} {
		environment := services[name].Environment
		if environment["KAFKA_SASL_USERNAME"] != user || environment["KAFKA_SECURITY_PROTOCOL"] != "SASL_SSL" || environment["KAFKA_TLS_CA_FILE"] == "" {
			t.Errorf("%s connects as %q with %q", name, environment["KAFKA_SASL_USERNAME"], environment["KAFKA_SECURITY_PROTOCOL"])
		}
		for variable, value := range environment {
			if strings.Contains(value, "from-dot-env") {
				t.Errorf("%s of %s holds another password", variable, name)
			}
		}
	}
}
