package doctorcmd_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cluster"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/cmdline"
	"github.com/kafka-notifications/kafka-notifications/tools/notifyctl/internal/doctorcmd"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
)

const (
	apiKey  = "key-of-the-account"
	readKey = "key-that-reads"
	token   = "token-of-the-account"
)

// provider answers as the two providers do, with a clock that is off by skew.
type provider struct {
	status int
	// at are the statuses of paths of their own.
	at    map[string]int
	body  string
	skew  time.Duration
	asked []string
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	p.asked = append(p.asked, r.Method+" "+r.URL.String()+" "+user+" "+password)
	w.Header().Set("Date", time.Now().Add(p.skew).UTC().Format(http.TimeFormat))
	if status, apart := p.at[r.URL.Path]; apart {
		w.WriteHeader(status)
		return
	}
	w.WriteHeader(p.status)
	_, _ = w.Write([]byte(p.body))
}

// anyAnswer holds what each of the questions looks for.
const anyAnswer = `{"items":[{"recipient":"mara.lind@patients.example"}],"paging":{},"pagination":{},"messages":[{"to":"+15550100042"}],"next_page_uri":null}`

// system is a sound system: settings, a broker with topics, providers.
type system struct {
	*testing.T
	env      config.Env
	provider *provider
	client   *kgo.Client
	admin    *kadm.Client
}

func newSystem(t *testing.T) *system {
	t.Helper()
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(kafka.ListenAddrs()...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	p := &provider{status: http.StatusOK, body: anyAnswer}
	server := httptest.NewServer(p)
	t.Cleanup(server.Close)
	return &system{t, config.Env{
		"KAFKA_BOOTSTRAP_SERVERS": kafka.ListenAddrs()[0],
		"MAILGUN_API_KEY":         apiKey, "MAILGUN_DOMAIN": "mg.clinic.example", "MAILGUN_FROM_EMAIL": "appointments@mg.clinic.example",
		"MAILGUN_API_BASE_URL": server.URL + "/v3",
		"SMS_WORKER_ENABLED":   "true", "TWILIO_ACCOUNT_SID": "AC" + strings.Repeat("0", 32), "TWILIO_AUTH_TOKEN": token,
		"TWILIO_FROM_PHONE": "+15550100001", "TWILIO_API_BASE_URL": server.URL,
	}, p, client, kadm.NewClient(client)}
}

func (s *system) ensure() {
	s.Helper()
	settings, _, err := config.Load[notifyctl.Notifyctl](s.env)
	if err != nil {
		s.Fatal(err)
	}
	if _, err := topics.Ensure(s.Context(), s.admin, settings.Topics.Created(settings.TopicCreation)); err != nil {
		s.Fatal(err)
	}
}

// expire publishes n events to a partition of which the email-worker's group has
// read two, and deletes those below an offset.
func (s *system) expire(n int, below int64) {
	s.Helper()
	for range n {
		record := &kgo.Record{Topic: "appointments.created", Partition: 3, Value: []byte("{}")}
		if err := s.client.ProduceSync(s.Context(), record).FirstErr(); err != nil {
			s.Fatal(err)
		}
	}
	read, gone := kadm.Offsets{}, kadm.Offsets{}
	read.AddOffset("appointments.created", 3, 2, -1)
	gone.AddOffset("appointments.created", 3, below, -1)
	if err := s.admin.CommitAllOffsets(s.Context(), "notifications-email-worker", read); err != nil {
		s.Fatal(err)
	}
	if _, err := s.admin.DeleteRecords(s.Context(), gone); err != nil {
		s.Fatal(err)
	}
}

// examine returns what the doctor says with some settings changed.
func (s *system) examine(changes config.Env) (out string, err error) {
	s.Helper()
	return s.run(doctorcmd.Command{}, changes)
}

// examineFile returns what the doctor says about a file of settings.
func (s *system) examineFile(path string) (out string, err error) {
	s.Helper()
	return s.run(doctorcmd.Command{EnvFile: path}, nil)
}

func (s *system) run(c doctorcmd.Command, changes config.Env) (out string, err error) {
	s.Helper()
	env := maps.Clone(s.env)
	maps.Copy(env, changes)
	var text, errs strings.Builder
	c.Patience = cluster.Patience{Timeout: 2 * time.Second}
	err = c.Run(s.Context(),
		&cmdline.Invocation{Env: env, Stdout: &text, Stderr: &errs})
	for _, secret := range []string{apiKey, readKey, token, "patients.example", "15550100042"} {
		if strings.Contains(text.String()+errs.String(), secret) {
			s.Errorf("%q is shown:\n%s%s", secret, &text, &errs)
		}
	}
	return text.String(), err
}

func TestASoundSystemPasses(t *testing.T) {
	s := newSystem(t)
	s.ensure()
	out, err := s.examine(nil)
	if err != nil || strings.Contains(out, "FAIL") {
		t.Errorf("%v\n%s", err, out)
	}
	for _, want := range []string{
		"settings of email-worker", "settings of sms-worker", "settings of dlq-replayer", "time zones: 20",
		"broker 0", "6 lanes", "Mailgun knows the account", "Twilio knows the account", "clock: like Twilio's", "has never run",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	want := []string{
		"GET /v3/mg.clinic.example/events?limit=1 api " + apiKey,
		"GET /2010-04-01/Accounts/AC" + strings.Repeat("0", 32) + "/Messages.json?PageSize=1 AC" + strings.Repeat("0", 32) + " " + token,
	}
	if strings.Join(s.provider.asked, "\n") != strings.Join(want, "\n") {
		t.Errorf("the providers were asked %q", s.provider.asked)
	}
}

// A look-up that works must be told from one that will not, before there is a
// message in doubt.
func TestTheDoctorAsksAsLookUpsWill(t *testing.T) {
	const events, logs = "GET /v3/mg.clinic.example/events?limit=1 api ", "POST /v1/analytics/logs api "
	gone, refused := map[string]int{"/v3/mg.clinic.example/events": 410}, map[string]int{"/v1/analytics/logs": 401}
	both := map[string]int{"/v3/mg.clinic.example/events": 410, "/v1/analytics/logs": 401}
	for what, c := range map[string]struct {
		settings config.Env
		at       map[string]int
		asked    []string
		want     string
	}{
		"events":             {nil, nil, []string{events + apiKey}, "by the Events API"},
		"events gone":        {nil, gone, []string{events + apiKey, logs + apiKey}, "by the Logs API"},
		"both refused":       {nil, both, []string{events + apiKey, logs + apiKey}, "FAIL  Mailgun refuses the account (401"},
		"events only, gone":  {config.Env{"MAILGUN_LOOKUP_API": "events"}, gone, []string{events + apiKey}, "FAIL  Mailgun refuses the account (410"},
		"logs only":          {config.Env{"MAILGUN_LOOKUP_API": "logs"}, gone, []string{logs + apiKey}, "by the Logs API"},
		"logs only, refused": {config.Env{"MAILGUN_LOOKUP_API": "logs"}, refused, []string{logs + apiKey}, "FAIL  Mailgun refuses the account (401"},
		"a key for reading":  {config.Env{"MAILGUN_READ_API_KEY": readKey}, gone, []string{events + readKey, logs + readKey}, "by the Logs API"},
	} {
		s := newSystem(t)
		s.provider.at = c.at
		settings := config.Env{"SMS_WORKER_ENABLED": "false"}
		maps.Copy(settings, c.settings)
		out, _ := s.examine(settings)
		if !slices.Equal(s.provider.asked, c.asked) || !strings.Contains(out, c.want) {
			t.Errorf("%s: asked %q\n%s", what, s.provider.asked, out)
		}
	}
}

// A proxy's welcome page, or another service at the address, is no answer.
func TestAnAnswerCountsOnlyIfItIsTheProviders(t *testing.T) {
	for _, body := range []string{
		"", "<html>Welcome</html>", "Mailgun Magnificent API", "{}", "[]", "null", `{"message":"ok"}`, `{"items":[],"messages":[]}`,
	} {
		s := newSystem(t)
		s.provider.body = body
		out, err := s.examine(nil)
		for _, want := range []string{"FAIL  something answers in Mailgun's place", "FAIL  something answers in Twilio's place"} {
			if err == nil || !strings.Contains(out, want) {
				t.Errorf("%q: %v; %q is not in\n%s", body, err, want, out)
			}
		}
	}
}

// brokenTexts returns a folder with two faults.
func brokenTexts(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	texts := "[email.confirmed]\nsubject = \"Termin um {{.Time}}\"\n[sms]\nopt_out = \"Nein danke\"\n"
	if err := os.WriteFile(filepath.Join(folder, "de.toml"), []byte(texts), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestTextsOfOnesOwnAndAnAllowlistAreSaid(t *testing.T) {
	s := newSystem(t)
	s.ensure()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "de.toml"), []byte("[labels]\n# default 00000000\ndate = \"Tag\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := s.examine(config.Env{"MESSAGES_DIR": folder, "DEFAULT_LOCALE": "de", "RECIPIENT_ALLOWLIST": "@staging.example"})
	if err != nil {
		t.Error(err)
	}
	for _, want := range []string{
		"ok    texts: message set ", "(MESSAGES_DIR), default language de", "note  texts: de.toml: labels.date was made from another text of ours",
		"note  settings of email-worker: RECIPIENT_ALLOWLIST is set", "note  settings of sms-worker: RECIPIENT_ALLOWLIST is set",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "staging.example") {
		t.Errorf("a recipient is shown:\n%s", out)
	}
}

// These started no worker, and the doctor found nothing.
func TestWhatTheSettingsAcceptIsSound(t *testing.T) {
	s := newSystem(t)
	s.ensure()
	for what, settings := range map[string]config.Env{
		"a long brand":        {"BRAND_NAME": strings.Repeat("Ж", 57), "SMS_BRAND_NAME": "Klinika"},
		"a long appointment":  {"APPOINTMENT_DURATION": "25h"},
		"a brand for e-mails": {"BRAND_NAME": "さくら歯科", "SMS_WORKER_ENABLED": "false"},
	} {
		if out, err := s.examine(settings); err != nil {
			t.Errorf("%s: %v\n%s", what, err, out)
		}
	}
}

func TestEachFaultIsAFailureWithItsFix(t *testing.T) {
	for what, c := range map[string]struct {
		settings config.Env
		damage   func(*system)
		want     []string
	}{
		"settings":     {config.Env{"MAILGUN_API_KEY": "", "TWILIO_ACCOUNT_SID": "AC1"}, nil, []string{"MAILGUN_API_KEY is required", "TWILIO_ACCOUNT_SID must be", ".env"}},
		"another name": {config.Env{"BRAND_NAME": "さくら歯科"}, nil, []string{"ok    settings of email-worker", "settings of sms-worker: SMS_BRAND_NAME must be given", ".env"}},
		"texts": {config.Env{"MESSAGES_DIR": brokenTexts(t)}, nil, []string{
			"settings of email-worker: MESSAGES_DIR de.toml: email.confirmed.subject must have {{.Date}}",
			"settings of sms-worker: MESSAGES_DIR de.toml: email.confirmed.subject must have {{.Date}}",
			"settings of email-worker: MESSAGES_DIR de.toml: sms.opt_out must have the word STOP", "settings of sms-worker: MESSAGES_DIR de.toml: sms.opt_out",
		}},
		"a language without texts": {config.Env{"DEFAULT_LOCALE": "sv", "LOCALE_ALIASES": "gsw:sv"}, nil, []string{
			"settings of email-worker: DEFAULT_LOCALE must be one of ar, de", "settings of sms-worker: LOCALE_ALIASES must be pairs",
		}},
		"an alias without effect": {config.Env{"LOCALE_ALIASES": "de:fr"}, nil, []string{"settings of email-worker: LOCALE_ALIASES must be pairs"}},
		"the allowlist": {config.Env{"RECIPIENT_ALLOWLIST": "clinic.example"}, nil, []string{
			"settings of email-worker: RECIPIENT_ALLOWLIST entry 1 is neither an e-mail address", "settings of sms-worker: RECIPIENT_ALLOWLIST",
		}},
		"version":    {config.Env{"MAILGUN_API_BASE_URL": "https://api.mailgun.example/v2"}, nil, []string{"settings of email-worker: MAILGUN_API_BASE_URL must end in /v3"}},
		"broker":     {config.Env{"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}, nil, []string{"cannot reach Kafka at 127.0.0.1:1", "make kafka-up"}},
		"account":    {nil, func(s *system) { s.provider.status = 401 }, []string{"Mailgun refuses the account (401", "MAILGUN_API_KEY", "Twilio refuses the account"}},
		"address":    {config.Env{"MAILGUN_API_BASE_URL": "http://127.0.0.1:1"}, nil, []string{"Mailgun does not answer", "let this machine reach 127.0.0.1:1"}},
		"clock":      {nil, func(s *system) { s.provider.skew = time.Hour }, []string{"differs from Mailgun's by -", "timedatectl"}},
		"a redirect": {nil, func(s *system) { s.provider.status = 302 }, []string{"something answers in Mailgun's place", "something answers in Twilio's place"}},
		"a path too deep": {
			config.Env{"MAILGUN_API_BASE_URL": "https://api.mailgun.net/v3/mg.clinic.example", "TWILIO_API_BASE_URL": "https://api.twilio.com/2010-04-01"},
			nil,
			[]string{"MAILGUN_API_BASE_URL must be the API's address without the domain", "TWILIO_API_BASE_URL must be the API's address without version"},
		},
		"a topic": {nil, func(s *system) {
			_, _ = s.admin.DeleteTopics(s.Context(), "appointments.created.dlq")
		}, []string{"appointments.created.dlq (dlq) does not exist", "notifyctl topics ensure"}},
		"partitions": {nil, func(s *system) {
			_, _ = s.admin.UpdatePartitions(s.Context(), 7, "notifications.sms.ledger")
		}, []string{"notifications.sms.ledger has 7 partitions", "notifyctl topics ensure"}},
		"events that are gone": {nil, func(s *system) { s.expire(12, 7) }, []string{"email-worker: 5 record(s) of appointments.created were deleted", "publish those appointments again"}},
		"retention": {nil, func(s *system) {
			_, _ = s.admin.AlterTopicConfigs(s.Context(), []kadm.AlterConfig{{Name: "retention.ms", Value: kadm.StringPtr("1000")}}, "notifications.email.ledger")
		}, []string{"notifications.email.ledger has retention.ms=1000", "notifyctl topics ensure"}},
	} {
		t.Run(what, func(t *testing.T) {
			s := newSystem(t)
			s.ensure()
			if c.damage != nil {
				c.damage(s)
			}
			out, err := s.examine(c.settings)
			if err == nil {
				t.Error("it passes")
			}
			for _, want := range append(c.want, "FAIL", "fix: ") {
				if !strings.Contains(out, want) {
					t.Errorf("%q is not in\n%s", want, out)
				}
			}
		})
	}
}

func TestWhatIsSwitchedOffIsNoFailure(t *testing.T) {
	s := newSystem(t)
	s.ensure()
	out, err := s.examine(config.Env{"SMS_WORKER_ENABLED": "false", "TWILIO_AUTH_TOKEN": ""})
	if err != nil || !strings.Contains(out, "sms-worker is off") || strings.Contains(out, "Twilio") {
		t.Errorf("%v\n%s", err, out)
	}
}
