package messages_test

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/gsm"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
)

// folder makes a folder of names and contents.
func folder(files ...string) fstest.MapFS {
	made := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		made[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return made
}

func open(t *testing.T, files ...string) *messages.Set {
	t.Helper()
	set, faults := messages.Open(folder(files...), messages.DefaultOptions())
	for _, fault := range faults {
		t.Error(fault)
	}
	if set == nil {
		t.FailNow()
	}
	return set
}

var sample = messages.Mail{
	Brand: "Clinic", Reference: "A-1", At: time.Date(2031, 5, 6, 14, 30, 0, 0, time.UTC), Calendar: true,
}

// everything returns all that a set says, by language, status and part.
func everything(set *messages.Set) map[string]string {
	said := map[string]string{}
	for _, tag := range set.Tags() {
		l := set.For(tag)
		for _, s := range domain.AppointmentStatuses() {
			m := sample
			m.Status = s
			e := l.Email(&m)
			at := tag + " " + string(s) + " "
			said[at+"subject"], said[at+"text"], said[at+"html"], said[at+"summary"], said[at+"description"] = e.Subject, e.Text, e.HTML, e.Summary, e.Description
			said[at+"sms"] = l.SMS(&messages.Short{Status: s, Brand: "Clinic", Reference: "ABCDE237", At: m.At}, gsm.TollFree())
		}
	}
	return said
}

func TestATextOfAnOperatorChangesExactlyWhatItSays(t *testing.T) {
	before := everything(messagestest.Texts())
	set := open(t, "de.toml", "[email.cancelled]\nsubject = \"Abgesagt! {{.Date}} {{.Time}}\"\n", "..data", "", ".gitkeep", "", "README.md", "how to")
	after := everything(set)
	for at, said := range after {
		if changed := strings.HasPrefix(at, "de") && strings.HasSuffix(at, "cancelled subject"); changed != (said != before[at]) {
			t.Errorf("%s is now %q", at, said)
		}
	}
	if got, want := after["de-AT cancelled subject"], "Abgesagt! Dienstag, 6. Mai 2031 14:30"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if set.Hash() == messagestest.Texts().Hash() || set.State().Source != "MESSAGES_DIR" {
		t.Errorf("the set is still called %+v", set.State())
	}
	if same := open(t, "README.md", ""); same.Hash() != messagestest.Texts().Hash() {
		t.Error("an empty folder makes another set")
	}
}

func TestARegionMayHaveTextsOfItsOwnOverThoseOfItsLanguage(t *testing.T) {
	set := open(t, "pt.toml", "[email]\nfooter = \"de pt\"\n", "pt-PT.toml", "[email.confirmed]\nheading = \"A sua marcação está confirmada.\"\n")
	said := everything(set)
	if !strings.Contains(said["pt-PT confirmed text"], "marcação") || !strings.Contains(said["pt-PT confirmed text"], "de pt") || strings.Contains(said["pt confirmed text"], "marcação") {
		t.Errorf("%s\n%s", said["pt-PT confirmed text"], said["pt confirmed text"])
	}
	if tag := set.For("pt-AO").Tag(); tag != "pt-PT" {
		t.Errorf("pt-AO is written in %s", tag)
	}
}

func TestALanguageOfAnOperatorsOwnIsComplete(t *testing.T) {
	name, content, err := messages.Starter("sv")
	if err != nil {
		t.Fatal(err)
	}
	set := open(t, name, content)
	if l := set.For("sv-FI"); l.Tag() != "sv" || !strings.Contains(l.Email(&sample).Subject, "tisdag 6 maj 2031") {
		t.Errorf("%s: %q", l.Tag(), l.Email(&sample).Subject)
	}
	_, faults := messages.Open(folder(name, strings.Replace(content, "contact = ", "# contact = ", 1)), messages.DefaultOptions())
	if len(faults) != 1 || faults[0].Key != "email.confirmed.contact" || !strings.Contains(faults[0].Problem, "is missing") {
		t.Errorf("%v", faults)
	}
}

func TestWhatInitWritesChangesNothingUntilALineIsChanged(t *testing.T) {
	name, content, err := messages.Starter("de")
	if err != nil {
		t.Fatal(err)
	}
	if set := open(t, name, content); set.Hash() != messagestest.Texts().Hash() {
		t.Error("what init wrote changes messages")
	}
	for _, tag := range messagestest.Texts().Tags() {
		name, content, _ := messages.Starter(tag)
		live := strings.ReplaceAll(content, "\n#", "\n")
		live = strings.ReplaceAll(live, "\n default", "\n# default")
		live = live[strings.Index(live, "\n[")+1:]
		open(t, name, live)
		if changes := messages.Changes(folder(name, live)); len(changes) > 0 {
			t.Errorf("%s: %v", tag, changes)
		}
		aged := strings.Replace(live, "# default ", "# default 00000000;", 1)
		if changes := messages.Changes(folder(name, aged)); len(changes) != 1 || changes[0].Key != "labels.date" || changes[0].File != name {
			t.Errorf("%s: %v", tag, changes)
		}
		if changes := messages.Changes(folder(name, strings.Replace(aged, "\ndate", "\n#date", 1))); len(changes) != 0 {
			t.Errorf("a line that is ours: %v", changes)
		}
	}
}
