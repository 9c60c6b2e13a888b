// Package apibase has the one rule about the address of Twilio's API. The
// settings and the adapter both go by it.
package apibase

import (
	"errors"
	"net/url"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/provider"
)

// Of returns the base address, to which the SDK adds version and account. Its
// error goes on after the name of what holds the address, and quotes nothing of it.
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
