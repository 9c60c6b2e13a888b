package runtimefx_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/fx"
	"go.uber.org/goleak"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/ports"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/health"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/observe"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/runtimefx"
)

// settings are those of a program with nothing but what all programs share and
// one secret.
type settings struct {
	config.Service
	Token config.Secret `env:"TOKEN,required" is:"secret" about:"The token."`
}

func (settings) Program() config.Program {
	return config.Program{Name: "program", Channel: domain.Email}
}

// started is a program that is run with some arguments and variables.
type started struct{ out, err bytes.Buffer }

func (s *started) run(args []string, env config.Env, options func(settings) fx.Option) int {
	return runtimefx.Run(runtimefx.Process{Args: args, Env: env, Version: "v1.2.3", Stdout: &s.out, Stderr: &s.err}, options)
}

// never are the options of a program that must not get as far as its options.
func never(t *testing.T) func(settings) fx.Option {
	return func(settings) fx.Option {
		t.Error("the program was built")
		return fx.Options()
	}
}

func env() config.Env {
	return config.Env{"HEALTH_ADDR": "127.0.0.1:0", "TOKEN": "hunter2", "LOG_LEVEL": "error"}
}

func TestAllFaultsArePrintedOnePerLine(t *testing.T) {
	var p started
	if code := p.run(nil, config.Env{"LOG_LEVEL": "loud", "HEALTH_ADDR": "here"}, never(t)); code != runtimefx.ExitFailed {
		t.Errorf("exit code %d", code)
	}
	lines := strings.Split(strings.TrimSpace(p.err.String()), "\n")
	for i, begin := range []string{"program: cannot start", "HEALTH_ADDR must be ", "LOG_LEVEL must be ", "TOKEN is required"} {
		if i >= len(lines) || !strings.HasPrefix(lines[i], begin) {
			t.Fatalf("line %d should begin with %q:\n%s", i, begin, p.err.String())
		}
	}
}

func TestCommands(t *testing.T) {
	for _, c := range []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"version"}, runtimefx.ExitOK, "program v1.2.3", ""},
		{[]string{"help"}, runtimefx.ExitOK, "Usage: program", ""},
		{[]string{"serve", "now"}, runtimefx.ExitUsage, "", "Usage: program"},
		{[]string{"healthcheck"}, runtimefx.ExitFailed, "", "healthcheck: "},
	} {
		var p started
		e := config.Env{"HEALTH_ADDR": "127.0.0.1:0"} // The token is not needed for any of them.
		if code := p.run(c.args, e, never(t)); code != c.code || !strings.HasPrefix(p.out.String(), c.stdout) || !strings.HasPrefix(p.err.String(), c.stderr) {
			t.Errorf("%q: code %d, out %q, err %q", c.args, code, p.out.String(), p.err.String())
		}
	}
}

func TestTheVersionTellsTheTimeZones(t *testing.T) {
	var p started
	p.run([]string{"--version"}, config.Env{}, never(t))
	if want := "time zones " + localtime.BuiltInVersion() + ")"; !strings.Contains(p.out.String(), want) {
		t.Errorf("%q does not tell %q", p.out.String(), want)
	}
}

// ask asks the program's own health server.
func ask(t *testing.T, server *health.Server, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+server.Addr()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Errorf("the health server does not answer: %v", err)
		return 0, ""
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode, string(body)
}

func TestSIGTERMStopsInOrderAndIsNoFailure(t *testing.T) {
	defer goleak.VerifyNone(t)
	var whileRunning, whileStopping, probed int
	var metrics string
	code := new(started).run(nil, env(), func(cfg settings) fx.Option {
		if cfg.Token.Reveal() != "hunter2" {
			t.Errorf("the settings did not arrive: %+v", cfg)
		}
		return fx.Options(runtimefx.Observer(observe.Hints{domain.Email: ""}), fx.Invoke(func(lc fx.Lifecycle, server *health.Server, _ ports.Observer) {
			lc.Append(fx.Hook{
				OnStart: func(context.Context) error {
					whileRunning, _ = ask(t, server, "/readyz")
					_, metrics = ask(t, server, "/metrics")
					probed = new(started).run([]string{"healthcheck"}, config.Env{"HEALTH_ADDR": server.Addr()}, never(t))
					return syscall.Kill(syscall.Getpid(), syscall.SIGTERM)
				},
				OnStop: func(context.Context) error {
					whileStopping, _ = ask(t, server, "/readyz")
					return nil
				},
			})
		}))
	})
	if code != runtimefx.ExitOK || probed != runtimefx.ExitOK {
		t.Errorf("exit code %d, of the healthcheck %d", code, probed)
	}
	if whileRunning != http.StatusOK || whileStopping != http.StatusServiceUnavailable {
		t.Errorf("readiness: %d while running, %d while stopping", whileRunning, whileStopping)
	}
	for _, series := range []string{`service="program",version="v1.2.3"`, "go_goroutines", "process_", `notifications_total{channel="email"`} {
		if !strings.Contains(metrics, series) {
			t.Errorf("the metrics lack %s", series)
		}
	}
}

func TestAPartMayEndTheProgramWithItsExitCode(t *testing.T) {
	code := new(started).run(nil, env(), func(settings) fx.Option {
		return fx.Invoke(func(lc fx.Lifecycle, shutdown fx.Shutdowner) {
			lc.Append(fx.StartHook(func() error { return shutdown.Shutdown(fx.ExitCode(7)) }))
		})
	})
	if code != 7 {
		t.Errorf("exit code %d", code)
	}
}

func TestATakenHealthAddressKeepsTheProgramFromStarting(t *testing.T) {
	taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	e := env()
	e["HEALTH_ADDR"] = taken.Addr().String()
	if code := new(started).run(nil, e, func(settings) fx.Option { return fx.Options() }); code != runtimefx.ExitFailed {
		t.Errorf("exit code %d", code)
	}
}

func TestTheModulesFitTogether(t *testing.T) {
	program := settings{}.Program()
	err := fx.ValidateApp(runtimefx.Module(config.Service{}, program, build.Read(program.Name, "")), runtimefx.Observer(observe.Hints{domain.Email: "", domain.SMS: ""}))
	if err != nil {
		t.Error(err)
	}
}
