package config

import (
	"crypto/x509"
	"net"
	"net/mail"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/hosts"
)

// wantName is Kafka's rule for topic names and group instance ids
// (org.apache.kafka.common.internals.Topic, JoinGroupRequest).
const wantName = "1 to 249 of a-z A-Z 0-9 . _ - (not . or ..)"

func name(string) rule { return matching(wantName, validName) }

func template(string) rule {
	return matching(wantName+" with {channel} for the channel", func(s string) bool {
		return validName(strings.ReplaceAll(s, channelMark, "channel"))
	})
}

func validName(s string) bool {
	legal := regexp.MustCompile(`^[a-zA-Z0-9._-]{1,249}$`)
	return legal.MatchString(s) && s != "." && s != ".."
}

func servers(string) rule {
	return rule{want: "host:port, several separated by commas, without a scheme", read: func(s string) (string, bool) {
		var all []string
		for entry := range strings.SplitSeq(s, ",") {
			entry = strings.TrimSpace(entry)
			if host, port, ok := hostPort(entry); !ok || host == "" || port == 0 {
				return "", false
			}
			all = append(all, entry)
		}
		return strings.Join(all, ","), true
	}}
}

func address(string) rule {
	return matching("host:port, such as 127.0.0.1:8081; 0.0.0.0 for all interfaces", func(s string) bool {
		_, _, ok := hostPort(s)
		return ok
	})
}

// hostPort splits an address whose port is a number.
func hostPort(s string) (host string, port int, ok bool) {
	host, digits, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, "/@ \t") {
		return "", 0, false
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	return host, int(number), err == nil
}

// baseURL drops slashes at the end, so that paths can be appended. A request
// carries credentials and a patient's address: without encryption it may not
// leave the machine and its private network.
func baseURL(string) rule {
	want := "an https address (http for a loopback or private host only) without user name, query and fragment"
	return rule{want: want, read: func(s string) (string, bool) {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
			return "", false
		}
		if u.Scheme == "http" && !hosts.Private(u.Hostname()) {
			return "", false
		}
		if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || !printable(s) {
			return "", false
		}
		return strings.TrimRight(u.String(), "/"), true
	}}
}

func domainName(string) rule {
	const label = `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`
	legal := regexp.MustCompile(`^` + label + `(\.` + label + `)+$`)
	return rule{want: "a domain name such as mg.example.com", read: func(s string) (string, bool) {
		s = strings.ToLower(s)
		return s, len(s) <= 253 && legal.MatchString(s)
	}}
}

func mailbox(string) rule {
	return matching("one e-mail address, perhaps with a name: Clinic <appointments@mg.example.com>", func(s string) bool {
		a, err := mail.ParseAddress(s)
		return err == nil && printable(s) && printable(a.Name) // The name may have been in an encoded word.
	})
}

func phone(string) rule {
	legal := regexp.MustCompile(`^\+[1-9][0-9]{1,14}$`)
	return matching("a phone number in E.164 form: + and 2 to 15 digits", legal.MatchString)
}

// pattern accepts texts that match a regular expression; the tag "want" describes them
// in words.
func pattern(expression string) rule {
	legal, err := regexp.Compile(expression)
	return matching("text that matches "+expression, func(s string) bool { return err == nil && legal.MatchString(s) })
}

const wantZone = "an IANA time zone such as Europe/Berlin"

// zone is checked by Message.Check, which knows the time zones.
func zone(string) rule { return matching(wantZone, printable) }

// folder is checked by the group that reads it.
func folder(string) rule { return matching("the path of a folder", printable) }

func pemFile(string) rule {
	return matching("the path of a readable file with PEM certificates", func(path string) bool {
		raw, err := readBounded(path)
		return err == nil && x509.NewCertPool().AppendCertsFromPEM(raw)
	})
}
