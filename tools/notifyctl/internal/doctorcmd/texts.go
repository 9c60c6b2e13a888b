package doctorcmd

import (
	"os"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	tool "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// texts reports which texts messages use, and which of an operator's texts were made
// from ours that have changed since. Faults of a folder are reported with the settings.
func texts(env config.Env) []finding {
	cfg, _, err := config.Load[tool.Texts](env)
	if err != nil {
		return nil
	}
	state := cfg.Message.Texts().State()
	found := []finding{good("texts: message set %s (%s), default language %s", state.Set, state.Source, state.Default)}
	if folder := strings.TrimSpace(env["MESSAGES_DIR"]); folder != "" {
		for _, change := range messages.Changes(os.DirFS(folder)) {
			found = append(found, remark("texts: %s", change))
		}
	}
	return found
}
