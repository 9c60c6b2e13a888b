// Package logging makes the logger of a program and names the fields of its
// lines. Lines never hold an e-mail address, a phone number or a secret.
package logging

import (
	"io"
	"os"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/build"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// New returns the logger of a program. It writes every line of the level or above to
// standard error, without sampling.
func New(cfg config.Service, info build.Info) (*zap.Logger, error) {
	return newLogger(cfg, info, os.Stderr, isTerminal(os.Stderr))
}

// newLogger returns a logger that writes to out, in a form for people if the format or
// the terminal asks for it.
func newLogger(cfg config.Service, info build.Info, out io.Writer, terminal bool) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(cfg.LogLevel)
	if err != nil {
		return nil, err
	}
	core := func(encoder zapcore.Encoder) zapcore.Core {
		return zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(out)), level)
	}
	if cfg.LogFormat == "console" || cfg.LogFormat == "" && terminal {
		return zap.New(core(zapcore.NewConsoleEncoder(layout()))), nil
	}
	fields := zap.Fields(zap.String("service", info.Service), zap.String("version", info.Version))
	return zap.New(core(zapcore.NewJSONEncoder(layout())), fields), nil
}

// layout names the parts of a line.
func layout() zapcore.EncoderConfig {
	c := zap.NewProductionEncoderConfig()
	c.TimeKey, c.EncodeTime = "time", zapcore.ISO8601TimeEncoder
	c.EncodeDuration = zapcore.StringDurationEncoder
	return c
}

// isTerminal reports whether f is a terminal, or another character device.
func isTerminal(f *os.File) bool {
	stat, err := f.Stat()
	return err == nil && stat.Mode()&os.ModeCharDevice != 0
}
