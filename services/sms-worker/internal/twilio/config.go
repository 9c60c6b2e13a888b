package twilio

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/libs/messages"
	"github.com/kafka-notifications/kafka-notifications/services/sms-worker/internal/apibase"
)

// Config holds the adapter's settings.
type Config struct {
	// AccountSID is the account that sends, AuthToken its secret.
	AccountSID string
	AuthToken  string
	// From is the sending number in E.164 form.
	From string
	// BaseURL is the API's address, without the version.
	BaseURL string
	// Timeout bounds each request.
	Timeout time.Duration
	// Visibility is how long Twilio's list may take to show an accepted message.
	Visibility time.Duration
	// Slots is how many requests run at once. Requests for receipts come on top.
	Slots int

	// Brand, Texts and Clock shape the message, see message.Settings.
	Brand string
	Texts *messages.Set
	Clock *localtime.Clock

	// DialContext replaces the dialler, for tests; nil dials TCP.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
}

// check returns all faults at once. The texts contain no values.
func (c *Config) check() error {
	var faults []error
	fault := func(bad bool, want string) {
		if bad {
			faults = append(faults, errors.New(want))
		}
	}
	fault(!validAccount(c.AccountSID), "the account SID must be AC and 32 hexadecimal digits")
	fault(c.AuthToken == "" || strings.ContainsFunc(c.AuthToken, notInToken), "the auth token must be text without spaces")
	fault(!validNumber(c.From), "the sender must be one number in E.164 form, such as +15550100001")
	fault(c.Timeout <= 0, "the timeout must be positive")
	fault(c.Visibility < 0 || c.Visibility >= lookBack-lookBackMargin, "the visibility must be less than a week")
	fault(c.Slots < 1, "slots must be at least 1")
	if _, err := apibase.Of(c.BaseURL); err != nil {
		faults = append(faults, fmt.Errorf("the base URL %w", err))
	}
	return errors.Join(faults...)
}

// validAccount reports whether sid is an account's. It becomes part of paths and
// handles.
func validAccount(sid string) bool {
	digits, ok := strings.CutPrefix(sid, "AC")
	return ok && len(digits) == 32 && strings.Trim(digits, "0123456789abcdefABCDEF") == ""
}

// validNumber reports whether number is one phone number in E.164 form. Twilio
// takes other addresses too, such as "whatsapp:+…"; this channel does not.
func validNumber(number string) bool {
	digits, ok := strings.CutPrefix(number, "+")
	return ok && len(digits) >= 2 && len(digits) <= 15 && digits[0] != '0' && strings.Trim(digits, "0123456789") == ""
}

// notInToken reports whether r cannot be part of a token; a line break at the end of a
// secret file is the usual fault.
func notInToken(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }
