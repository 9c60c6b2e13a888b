// Package console holds the tests of the replayer's console: the real programs, a
// real Kafka, and a real browser.
package console

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/kafka-notifications/kafka-notifications/tests/browser"
	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
	"github.com/kafka-notifications/kafka-notifications/tools/sandbox/script"
)

var (
	broker   *kafkatest.Broker
	binaries *harness.Binaries
	// images is where pictures of the console are kept:
	//
	//	go test ./tests/console -args -images="$PWD/docs/images"
	images = flag.String("images", "", "the folder for pictures of the console; none are kept without it")
)

func TestMain(m *testing.M) { harness.Main(m, &broker, &binaries) }

// console is a system with a console.
type console struct {
	*harness.System
	serve *harness.Process
	url   string
	// refusal is the sandbox's rule that refuses the misspelt addresses.
	refusal string
}

// refusal makes the provider refuse the misspelt addresses.
func refusal() sandbox.Rule {
	return sandbox.Rule{Match: sandbox.Match{Recipient: "*@refused.example"}, Action: sandbox.Action{
		Type: script.Answer, Status: http.StatusBadRequest, Body: `{"message":"'to' parameter is not a valid address. please check documentation"}`,
	}}
}

// open starts a worker and a console.
func open(t *testing.T, settings map[string]string) *console {
	t.Helper()
	c := &console{System: harness.New(t, broker, binaries, harness.Config{Channel: sandbox.Email})}
	c.refusal = c.Script(refusal())
	c.StartWorker(nil)
	c.serve, c.url = c.start(t, settings)
	return c
}

// start starts one more console and returns its address.
func (c *console) start(t *testing.T, settings map[string]string) (serve *harness.Process, url string) {
	t.Helper()
	all := c.Settings()
	all["CONSOLE_ADDR"] = "127.0.0.1:0"
	for name, value := range settings {
		all[name] = value
	}
	serve = harness.Start(t, binaries.Path(t, "services/dlq-replayer"), all, "serve")
	address := regexp.MustCompile(`"console":"([^"]+)"`)
	harness.Await(t, time.Minute, "the console's address", func() bool {
		if m := address.FindStringSubmatch(serve.Log()); m != nil {
			url = "http://" + m[1]
		}
		return url != "" || !serve.Running()
	})
	return serve, url
}

// refuse publishes n events that the provider refuses, and waits until they are
// dead letters.
func (c *console) refuse(prefix string, n int) {
	c.T.Helper()
	events := harness.Events(prefix, n)
	for _, e := range events {
		e["email"] = fmt.Sprint(e["appointment_id"], "@refused.example")
	}
	c.Publish(events...)
	c.AwaitDone(2 * time.Minute)
}

// get returns a page as it is sent.
func (c *console) get(path string) string {
	c.T.Helper()
	answer, err := http.Get(c.url + path)
	if err != nil {
		c.T.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		c.T.Fatal(err)
	}
	return string(body)
}

// picture keeps what the page shows.
func picture(t *testing.T, page *browser.Page, name string) {
	t.Helper()
	folder := *images
	if folder == "" {
		folder = t.TempDir()
	}
	page.Picture(filepath.Join(folder, name+".png"))
}
