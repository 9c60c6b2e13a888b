// Package apibase checks the address of Twilio's API, for the settings and for the
// adapter.
package apibase

import (
	"errors"
	"net/url"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// Of returns the base address, to which the SDK adds version and account. Its error
// continues the sentence after the setting's name, and quotes nothing of the address.
func Of(raw string) (*url.URL, error) {
	u, err := provider.ParseBaseURL(raw)
	if err != nil {
		return nil, err
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "2010-04-01" || segment == "Accounts" || strings.HasSuffix(segment, ".json") {
			return nil, errors.New("must be the API's address without version and account, such as https://api.twilio.com")
		}
	}
	return u, nil
}
