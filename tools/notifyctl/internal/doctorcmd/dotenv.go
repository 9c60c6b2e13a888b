package doctorcmd

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// dotEnv reports values of the file that would reach a program changed: Compose and
// shells expand a $ unless it is in single quotes. It also reports names that are close
// to a setting's, which Compose passes to no container. Without the file it reports
// nothing. It shows no values.
func dotEnv(path string) []finding {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return []finding{remark("%s cannot be read, so a $ in it would go unnoticed", path)}
	}
	var found []finding
	known := settingNames()
	for line := range strings.Lines(string(content)) {
		name, value, assigns := strings.Cut(strings.TrimSpace(line), "=")
		name = strings.TrimSpace(strings.TrimPrefix(name, "export "))
		if !assigns || strings.HasPrefix(name, "#") {
			continue
		}
		if meant, close := config.Closest(name, known); close && !known[name] {
			found = append(found, remark("%s: %s is not a setting and has no effect; did you mean %s?", path, name, meant))
		}
		if expands(strings.TrimSpace(value)) {
			found = append(found, bad("put single quotes around the value: "+name+"='…'",
				"%s: the $ in the value of %s is taken for a variable's name, so that programs get another value", path, name))
		}
	}
	return found
}

// expands reports whether a $ in the value stands for a variable. Outside quotes, white
// space followed by # begins a comment.
func expands(value string) bool {
	switch {
	case strings.HasPrefix(value, "'"):
		return false
	case strings.HasPrefix(value, `"`):
		value, _, _ = strings.Cut(value[1:], `" `)
	default:
		value, _, _ = strings.Cut(value, " #")
	}
	return strings.Contains(strings.ReplaceAll(value, `\$`, ""), "$")
}

// settingNames holds the names of all programs' settings.
func settingNames() map[string]bool {
	known := make(map[string]bool)
	for _, program := range []config.Settings{emailworker.EmailWorker{}, smsworker.SMSWorker{}, dlqreplayer.DLQReplayer{}, notifyctl.Notifyctl{}} {
		for _, s := range config.SettingsOf(program) {
			known[s.Name] = true
			known[s.Name+"_FILE"] = known[s.Name+"_FILE"] || s.Secret
		}
	}
	return known
}
