package previewcmd

import (
	_ "embed" // for the index page
	"html/template"
	"os"
	"path/filepath"
	"strings"
)

//go:embed index.html.tmpl
var indexSource string

// shownPage is one message on the index page.
type shownPage struct {
	message
	// Page, Dark, Text and Calendar name files.
	Page, Dark, Text, Calendar, Short string
}

// write writes the messages and an index into a folder.
func write(folder string, shown []message) (index string, err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // It holds made-up patients.
		return "", err
	}
	put := func(name, content string) {
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644) //nolint:gosec // As above.
		}
	}
	var pages []shownPage
	for _, m := range shown {
		p, name := shownPage{message: m}, m.Lang+"."+string(m.Status)
		if m.Email != nil {
			p.Page, p.Dark, p.Text = name+".html", name+".dark.html", name+".txt"
			put(p.Page, m.Email.HTML)
			put(p.Dark, dark(m.Email.HTML))
			put(p.Text, "Subject: "+m.Email.Subject+"\n\n"+m.Email.Text)
			if m.Email.Calendar != nil {
				p.Calendar = name + ".ics"
				put(p.Calendar, string(m.Email.Calendar))
			}
		}
		if m.SMS != "" {
			p.Short = name + ".sms.txt"
			put(p.Short, m.SMS+"\n")
		}
		pages = append(pages, p)
	}
	page, renderErr := indexOf(pages)
	if renderErr != nil {
		return "", renderErr
	}
	put("index.html", page)
	return filepath.Join(folder, "index.html"), err
}

// dark returns a page as a device in dark mode shows it.
func dark(page string) string {
	return strings.ReplaceAll(page, "@media (prefers-color-scheme: dark)", "@media all")
}

func indexOf(pages []shownPage) (string, error) {
	t, err := template.New("index").Parse(indexSource)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = t.Execute(&out, pages)
	return out.String(), err
}
