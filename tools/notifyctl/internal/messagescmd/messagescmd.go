// Package messagescmd is `notifyctl messages`: an operator's own texts.
package messagescmd

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

// Command is `notifyctl messages`.
type Command struct {
	Init  initCommand  `cmd:"" help:"Write files for texts of your own into a folder; what is there is left alone."`
	Check checkCommand `cmd:"" help:"Check a folder of texts as the workers do at start, and tell which of ours have changed since."`
}

// folder is where texts are.
type folder struct {
	Dir string `help:"The folder; MESSAGES_DIR by default, or else \"messages\"." placeholder:"DIR"`
}

// name returns the folder's path.
func (f folder) name(env config.Env) string {
	switch {
	case f.Dir != "":
		return f.Dir
	case strings.TrimSpace(env["MESSAGES_DIR"]) != "":
		return strings.TrimSpace(env["MESSAGES_DIR"])
	default:
		return "messages"
	}
}

// initCommand is `notifyctl messages init`.
type initCommand struct {
	folder
	Locale  []string `help:"The languages; DEFAULT_LOCALE by default." placeholder:"TAG"`
	Layouts bool     `help:"Write the layouts of e-mails too."`
}

// Run writes the files.
func (c initCommand) Run(in *cmdline.Invocation) error {
	dir := c.name(in.Env)
	locales := c.Locale
	if len(locales) == 0 {
		locales = []string{defaultLocale(in.Env)}
	}
	files := map[string]string{}
	for _, tag := range locales {
		name, content, err := messages.Starter(tag)
		if err != nil {
			return err
		}
		files[name] = content
	}
	if c.Layouts {
		maps.Copy(files, messages.StarterLayouts())
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // The workers run as another user.
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		created, err := write(path, files[name])
		switch {
		case err != nil:
			return err
		case created:
			fmt.Fprintf(in.Stdout, "wrote  %s\n", path)
		default:
			fmt.Fprintf(in.Stdout, "there  %s is left as it is\n", path)
		}
	}
	fmt.Fprintf(in.Stdout, "\nRemove the # before a line, change what is in quotes, then look at it:\n  notifyctl preview --dir %s --out preview\n"+
		"When it is right: MESSAGES_DIR=%s, and restart the workers.\n", dir, dir)
	return nil
}

func defaultLocale(env config.Env) string {
	if tag := strings.TrimSpace(env["DEFAULT_LOCALE"]); tag != "" {
		return tag
	}
	return messages.Default
}

// write creates a file, and leaves an existing one alone.
func write(path, content string) (created bool, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644) //nolint:gosec // The workers run as another user.
	if errors.Is(err, os.ErrExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = file.WriteString(content)
	return err == nil, errors.Join(err, file.Close())
}

// checkCommand is `notifyctl messages check`.
type checkCommand struct{ folder }

var errFaults = errors.New("the workers would not start with these texts; see the lines with FAIL")

// Run checks the folder by the rules of the workers' settings.
func (c checkCommand) Run(in *cmdline.Invocation) error {
	dir := c.name(in.Env)
	env := maps.Clone(in.Env)
	env["MESSAGES_DIR"] = dir
	cfg, _, err := config.Load[settings.Texts](env)
	var faults config.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			fmt.Fprintf(in.Stdout, "FAIL  %s\n", fault)
		}
		return errFaults
	}
	if err != nil {
		return err
	}
	for _, change := range messages.Changes(os.DirFS(dir)) {
		fmt.Fprintf(in.Stdout, "note  %s\n", change)
	}
	state := cfg.Message.Texts().State()
	fmt.Fprintf(in.Stdout, "ok    %s: message set %s, default %s, languages %s\n", dir, state.Set, state.Default, strings.Join(cfg.Message.Texts().Tags(), " "))
	return nil
}
