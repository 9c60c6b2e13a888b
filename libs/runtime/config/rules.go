package config

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// rule decides whether a value is legal.
type rule struct {
	// want continues the sentence "must be …".
	want string
	// read returns the value in the form that the setting's Go type reads, or false
	// when it is not legal. The text is never empty, and has no white space around it,
	// except in secrets.
	read func(text string) (string, bool)
}

// ruleOf returns the rule that an "is" tag names: a kind, then what the kind
// needs, such as "int 1..100". An unknown kind accepts nothing.
func ruleOf(spec string) rule {
	kind, arg, _ := strings.Cut(spec, " ")
	kinds := map[string]func(arg string) rule{
		"text": text, "secret": secret, "bool": boolean, "oneof": oneOf,
		"int": integer, "number": number, "seconds": seconds, "duration": duration,
		"name": name, "template": template, "servers": servers, "address": address, "url": baseURL, "domain": domainName,
		"mailbox": mailbox, "phone": phone, "pattern": pattern, "zone": zone, "folder": folder, "pem": pemFile,
	}
	if newRule, ok := kinds[kind]; ok {
		return newRule(arg)
	}
	return rule{want: "of a known kind", read: func(string) (string, bool) { return "", false }}
}

// matching makes a rule of a predicate.
func matching(want string, legal func(string) bool) rule {
	return rule{want: want, read: func(text string) (string, bool) {
		if !legal(text) {
			return "", false
		}
		return text, true
	}}
}

func text(limit string) rule {
	most, _ := strconv.Atoi(limit)
	return matching("at most "+limit+" characters without control characters", func(s string) bool {
		return utf8.RuneCountInString(s) <= most && printable(s)
	})
}

// secret reads a password, or a token, which has no white space at all: a line break at
// the end of a pasted key is the usual fault. Invisible characters are pasted along as
// well: a byte order mark from a file, a zero-width space from a web page.
func secret(kind string) rule {
	if kind == "token" {
		return matching("text without white space and invisible characters", func(s string) bool {
			return visible(s) && !strings.ContainsFunc(s, unicode.IsSpace)
		})
	}
	return matching("text without invisible characters and without white space around it", func(s string) bool {
		return visible(s) && strings.TrimSpace(s) == s
	})
}

// visible reports whether s is UTF-8 and consists of visible characters and spaces.
func visible(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) })
}

// printable reports whether s is UTF-8 without control characters, so that it can end
// neither a header nor a log line.
func printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, unicode.IsControl) < 0
}

func boolean(string) rule {
	return rule{want: "true or false", read: func(s string) (string, bool) {
		switch strings.ToLower(s) {
		case "true", "1", "yes", "on":
			return "true", true
		case "false", "0", "no", "off":
			return "false", true
		}
		return "", false
	}}
}

func oneOf(list string) rule {
	legal := strings.Split(list, "|")
	return rule{want: "one of " + strings.Join(legal, ", "), read: func(s string) (string, bool) {
		for _, value := range legal {
			if strings.EqualFold(s, value) {
				return value, true
			}
		}
		return "", false
	}}
}

func integer(limits string) rule {
	least, most, _ := strings.Cut(limits, "..")
	low, _ := strconv.Atoi(least)
	high, _ := strconv.Atoi(most)
	return matching("a whole number from "+least+" to "+most, func(s string) bool {
		n, err := strconv.Atoi(s)
		return err == nil && low <= n && n <= high
	})
}

func number(limits string) rule {
	within, least, most := between(limits)
	return matching("a number from "+least+" to "+most, func(s string) bool {
		_, ok := within(s)
		return ok
	})
}

func seconds(limits string) rule {
	within, least, most := between(limits)
	return rule{want: "seconds from " + least + " to " + most + ", decimals allowed", read: func(s string) (string, bool) {
		n, ok := within(s)
		return ofSeconds(n).String(), ok
	}}
}

func ofSeconds(n float64) time.Duration { return time.Duration(math.Round(n * float64(time.Second))) }

// between returns a reader of numbers within the limits "least..most".
func between(limits string) (within func(string) (float64, bool), least, most string) {
	least, most, _ = strings.Cut(limits, "..")
	low, _ := strconv.ParseFloat(least, 64)
	high, _ := strconv.ParseFloat(most, 64)
	return func(s string) (float64, bool) {
		n, err := strconv.ParseFloat(s, 64)
		if err != nil || !(low <= n && n <= high) { // NaN is not within.
			return 0, false
		}
		return n, true
	}, least, most
}

// duration reads Go durations; a plain number is seconds.
func duration(limits string) rule {
	least, most, _ := strings.Cut(limits, "..")
	low, _ := time.ParseDuration(least)
	high, _ := time.ParseDuration(most)
	want := "a duration from " + least + " to " + most + " such as 90s or 1h30m, or plain seconds"
	return rule{want: want, read: func(s string) (string, bool) {
		d, err := time.ParseDuration(s)
		if n, notNumber := strconv.ParseFloat(s, 64); notNumber == nil && math.Abs(n) < 1e9 {
			d, err = ofSeconds(n), nil
		}
		return d.String(), err == nil && low <= d && d <= high
	}}
}
