package settingsdoc

import (
	"fmt"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

const containerHead = `# What the container of %s gets of .env: its own settings and no others.
# docker-compose.yml names this file; it holds no values.
#
# Written by "make settings" from the declarations in the code.
`

// container returns the file that passes a program's settings from .env to its
// container. Variables that it does not name, such as another program's credentials,
// are not passed.
func container(s config.Settings) string {
	var b strings.Builder
	fmt.Fprintf(&b, containerHead, s.Program().Name)
	pass := func(name string) { fmt.Fprintf(&b, "%s=${%[1]s:-}\n", name) }
	for _, setting := range config.SettingsOf(s) {
		pass(setting.Name)
		if setting.Secret {
			pass(setting.Name + "_FILE")
		}
	}
	return b.String()
}

// Containers returns the files of all programs by their names.
func Containers() map[string]string {
	files := make(map[string]string)
	for _, s := range Programs() {
		files[s.Program().Name+".env"] = container(s)
	}
	return files
}
