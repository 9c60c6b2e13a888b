// Package apibase checks the address of Mailgun's API, for the settings and for the
// adapter.
package apibase

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// Logs returns the address of the Logs API, which is not below the version of
// base. A proxy's prefix stays.
func Logs(base string) string { return strings.TrimSuffix(base, "/v3") + "/v1/analytics/logs" }

// Of returns the base address in the form that the SDK takes, ending in /v3; domain is
// the sending domain. Its error continues the sentence after the setting's name, and
// quotes nothing of the address.
//
// Mailgun answers 200 with a greeting at paths that it does not know, so that an
// address copied with the domain in it would leave every send in doubt.
//
// The SDK checks the whole path, domain included, for "/v" and a digit: without
// normalisation a missing version fails every send, and with a domain such as
// v3.clinic.example it passes and reaches the wrong path.
func Of(raw, domain string) (string, error) {
	u, err := provider.ParseBaseURL(raw)
	if err != nil {
		return "", err
	}
	if deeper(u, domain) {
		return "", errors.New("must be the API's address without the domain and what follows it, such as https://api.mailgun.net")
	}
	base := u.String()
	switch last := base[strings.LastIndexByte(base, '/')+1:]; {
	case last == "v3":
		return base, nil
	case len(last) == 2 && last[0] == 'v' && last[1] >= '0' && last[1] <= '9':
		return "", errors.New("must end in /v3 or name no version")
	default:
		return base + "/v3", nil
	}
}

// deeper reports whether u is an address within the API instead of its root: it
// contains a domain or the name of a call. Mailgun's own hosts have only /v3.
func deeper(u *url.URL, domain string) bool {
	_, inside, versioned := strings.Cut(u.Path, "/v3/")
	if host := strings.ToLower(u.Hostname()); (host == "mailgun.net" || strings.HasSuffix(host, ".mailgun.net")) && strings.Count(u.Path, "/") > 1 {
		return true
	}
	segments := strings.Split(strings.ToLower(u.Path), "/")
	call := []string{"messages", "messages.mime", "events"}
	return versioned && strings.Contains(inside, ".") ||
		domain != "" && slices.Contains(segments, strings.ToLower(domain)) ||
		slices.Contains(call, segments[len(segments)-1])
}
