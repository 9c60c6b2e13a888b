package sandbox_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/sandbox"
)

// TestMain lets the test binary be the sandbox's process.
func TestMain(m *testing.M) {
	if path := os.Getenv("SANDBOX_TEST_LOG"); path != "" {
		if err := serveForEver(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func serveForEver(path string) error {
	s, err := sandbox.New(sandbox.Options{LogPath: path})
	if err != nil {
		return err
	}
	server, err := s.Listen(context.Background(), "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(server.URL())
	select {}
}

// start runs the sandbox in a process of its own and returns its address.
func start(t *testing.T, path string) (*exec.Cmd, string) {
	t.Helper()
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), "SANDBOX_TEST_LOG="+path)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return c, strings.TrimSpace(url)
}

func TestWhatWasAnsweredSurvivesKill9(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accepts.jsonl")
	answered := 0
	for round := range 3 {
		process, url := start(t, path)
		done := make(chan int)
		for sender := range 4 {
			go func() { done <- sendUntilKilled(t, url, round, sender) }()
		}
		answered += <-done
		if err := process.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = process.Wait()
		for range 3 {
			answered += <-done
		}
	}

	got := open(t, sandbox.Options{LogPath: path}).Stats().Email
	if got.Accepted < answered || got.Accepted > answered+3*4 || got.Doubled != 0 {
		t.Errorf("%d were answered, the journal has %+v", answered, got)
	}
}

// sendUntilKilled sends up to 100 messages and returns how many were answered.
func sendUntilKilled(t *testing.T, url string, round, sender int) int {
	for i := range 100 {
		if mail(t, url, map[string]string{"h:Message-Id": fmt.Sprintf("<%d.%d.%d@mg.example>", round, sender, i)}) != 200 {
			return i
		}
	}
	return 100
}
