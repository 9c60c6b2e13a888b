// Package doctorcmd is `notifyctl doctor`: it checks everything that has to be right
// before messages flow, and names the repair of each fault.
package doctorcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
)

// Command is `notifyctl doctor`.
type Command struct {
	cluster.Patience
	Offline bool   `help:"Do not ask the providers."`
	EnvFile string `help:"The file of settings that is searched for a $ without quotes." default:".env"`
}

// errFailed is the command's error if a check failed; the output above it names the
// check.
var errFailed = errors.New("not everything is as it should be; see the lines with FAIL")

// Run makes all checks and prints one line each.
func (c Command) Run(ctx context.Context, in *cmdline.Invocation) error {
	findings := append(dotEnv(c.EnvFile), settings(in.Env)...)
	findings = append(findings, zones(in.Env["ZONE_DATA"], time.Now())...)
	findings = append(findings, texts(in.Env)...)
	findings = append(findings, traces(in.Env)...)
	findings = append(findings, c.kafka(ctx, in)...)
	if !c.Offline {
		findings = append(findings, providers(ctx, in.Env)...)
	}
	if show(in.Stdout, findings) {
		return nil
	}
	return errFailed
}

// grade is the result of a check.
type grade string

const (
	ok   grade = "ok"
	fail grade = "FAIL"
	// note is for findings that only a person can judge.
	note grade = "note"
)

// finding is the result of one check.
type finding struct {
	grade grade
	// what was checked and found.
	what string
	// fix is the repair of a failure.
	fix string
}

func good(format string, args ...any) finding {
	return finding{grade: ok, what: fmt.Sprintf(format, args...)}
}

func remark(format string, args ...any) finding {
	return finding{grade: note, what: fmt.Sprintf(format, args...)}
}

func bad(fix, format string, args ...any) finding {
	return finding{grade: fail, what: fmt.Sprintf(format, args...), fix: fix}
}

// show prints the findings and reports whether none failed.
func show(w io.Writer, findings []finding) bool {
	sound := true
	for _, f := range findings {
		fmt.Fprintf(w, "%-5s %s\n", f.grade, f.what)
		if f.grade == fail {
			sound = false
			fmt.Fprintf(w, "      fix: %s\n", f.fix)
		}
	}
	return sound
}

// settings checks the settings that each service would read from this environment.
func settings(env config.Env) []finding {
	return append(append(settingsOf[emailworker.EmailWorker](env), smsSettings(env)...), settingsOf[dlqreplayer.DLQReplayer](env)...)
}

const settingsFix = "set it in .env (.env.example describes every setting) and give the file to this command too: set -a; . ./.env; set +a"

func settingsOf[T config.Settings](env config.Env) []finding {
	var none T
	name := none.Program().Name
	_, warnings, err := config.Load[T](env)
	var faults config.Faults
	switch {
	case errors.As(err, &faults):
		var found []finding
		for _, fault := range faults {
			found = append(found, bad(settingsFix, "settings of %s: %s", name, fault))
		}
		return found
	case err != nil:
		return []finding{bad(settingsFix, "settings of %s: %v", name, err)}
	}
	found := []finding{good("settings of %s", name)}
	for _, warning := range warnings {
		found = append(found, remark("settings of %s: %s", name, warning))
	}
	return found
}

func smsSettings(env config.Env) []finding {
	found := settingsOf[smsworker.SMSWorker](env)
	if s, _, err := config.Load[smsworker.SMSWorker](env); err == nil && !s.Twilio.Enabled {
		found = append(found, remark("the sms-worker is off: SMS_WORKER_ENABLED=false"))
	}
	return found
}
