package envelope

import (
	"encoding/json"
	"strconv"
)

// appendJSON appends what json.Marshal returns for o. An outcome is written for
// each event, and reflection is most of what that costs.
func (o *Outcome) appendJSON(b []byte) []byte {
	b = appendNumber(b, `{"version":`, int64(o.Version))
	b = appendText(b, `,"id":`, o.ID)
	b = appendText(b, `,"type":`, o.Type)
	b = appendText(b, `,"channel":`, string(o.Channel))
	b = appendText(b, `,"appointment_id":`, o.AppointmentID)
	b = appendText(b, `,"outcome":`, string(o.Outcome))
	b = appendText(b, `,"reason":`, o.Reason)
	b = appendText(b, `,"code":`, o.Code)
	b = appendText(b, `,"status":`, string(o.Status))
	if o.Revision == nil {
		b = append(b, `,"revision":null`...)
	} else {
		b = appendNumber(b, `,"revision":`, *o.Revision)
	}
	b = appendText(b, `,"provider_message_id":`, o.ProviderMessageID)
	b = appendText(b, `,"dead_letter_id":`, o.DeadLetterID)
	b = appendText(b, `,"event":{"topic":`, o.Event.Topic)
	b = appendNumber(b, `,"partition":`, int64(o.Event.Partition))
	b = appendNumber(b, `,"offset":`, o.Event.Offset)
	b = appendText(b, `,"timestamp":`, o.Event.Timestamp)
	b = appendText(b, `},"replay_job":`, o.ReplayJob)
	b = appendNumber(b, `,"replay_count":`, int64(o.ReplayCount))
	b = appendText(b, `,"at":`, o.At)
	return append(b, '}')
}

func appendNumber(b []byte, name string, n int64) []byte {
	return strconv.AppendInt(append(b, name...), n, 10)
}

// appendText uses json.Marshal for texts that may need escaping.
func appendText(b []byte, name, s string) []byte {
	b = append(b, name...)
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			escaped, _ := json.Marshal(s) // Marshal of a string cannot fail
			return append(b, escaped...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
