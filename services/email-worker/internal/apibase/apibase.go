// Package apibase has the one rule about the address of Mailgun's API. The
// settings and the adapter both go by it.
package apibase

import (
	"errors"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// Logs returns the address of the Logs API, which is not below the version of
// base. A proxy's prefix stays.
func Logs(base string) string { return strings.TrimSuffix(base, "/v3") + "/v1/analytics/logs" }

// Of returns the base address as the SDK wants it, ending in /v3. Its error goes
// on after the name of what holds the address, and quotes nothing of it.
//
// The SDK checks the whole path, domain included, for "/v" and a digit: without
// normalisation a missing version fails every send, and with a domain such as
// v3.clinic.example it passes and reaches the wrong path.
func Of(raw string) (string, error) {
	u, err := provider.ParseBaseURL(raw)
	if err != nil {
		return "", err
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
