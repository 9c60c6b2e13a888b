package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// fileSuffix is appended to a secret's name to make the name of the variable that names
// its file.
const fileSuffix = "_FILE"

// maxFileBytes is more than any secret or certificate bundle needs.
const maxFileBytes = 1 << 20

// value returns the setting's value in the form that its Go type reads. It is empty if
// there is no value, or if the report has got its fault.
func (s Setting) value(p Program, e Env, others map[string]string, report *Report) string {
	name, text := s.Name, strings.TrimSpace(e[s.Name])
	if s.Secret {
		file := strings.TrimSpace(e[s.Name+fileSuffix])
		switch {
		case file != "" && text != "":
			report.Fault(s.Name, "and "+s.Name+fileSuffix+" are both set: give only one of them")
			return ""
		case file != "":
			name = s.Name + fileSuffix
			content, problem := readFile(file)
			if problem != "" {
				report.Fault(name, problem)
				return ""
			}
			text = content
		case text != "":
			text = e[s.Name] // a secret is taken verbatim
		}
	}
	if text == "" {
		return s.fallback(p, others, report)
	}
	canonical, ok := s.rule.read(text)
	if !ok {
		report.Fault(name, "must be "+s.Want)
		return ""
	}
	return canonical
}

// fallback returns the value of a setting that is not set.
func (s Setting) fallback(p Program, others map[string]string, report *Report) string {
	if s.Required {
		report.Fault(s.Name, "is required: "+s.About+" It must be "+s.Want)
		return ""
	}
	if s.Default == "" {
		return ""
	}
	text := strings.ReplaceAll(s.Default, sourceMark, others["KAFKA_TOPIC_APPOINTMENTS_CREATED"])
	if p.Channel != "" && !s.template { // A template stays one: see Topics.
		text = strings.ReplaceAll(text, channelMark, string(p.Channel))
	}
	canonical, _ := s.rule.read(text)
	return canonical
}

// readFile returns the content of a secret's file without the line break at its end, or
// the problem with the file. The file's name is not shown, because people put the
// secret itself there by mistake.
func readFile(name string) (content, problem string) {
	raw, err := readBounded(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "must name a file that exists"
	case errors.Is(err, fs.ErrPermission):
		return "", "must name a file that this user may read"
	case errors.Is(err, errNotRegular):
		return "", "must name a regular file (or a link to one), not a directory, pipe, socket or device"
	case err != nil:
		return "", "must name a readable file of at most 1 MiB"
	}
	content = strings.TrimSuffix(strings.TrimSuffix(string(raw), "\n"), "\r")
	if content == "" {
		return "", "names an empty file"
	}
	return content, ""
}

// errNotRegular means that a name is not that of a regular file.
var errNotRegular = errors.New("not a regular file")

// readBounded reads a regular file of at most maxFileBytes. It never waits: opening a
// pipe without a writer would hang the start, and reading a device might never end.
// Links are followed, because mounted secrets are links.
func readBounded(name string) ([]byte, error) {
	file, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) //nolint:gosec // The operator names the file.
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err == nil && len(raw) > maxFileBytes {
		return nil, errors.New("too large")
	}
	return raw, err
}
