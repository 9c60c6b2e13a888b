package index

import "strings"

// The texts that dead letters do not share.
const (
	textKey = iota
	textAppointment
	// textMessage and textID are empty for nearly all dead letters.
	textMessage
	textID
)

// texts holds several texts in one piece of memory.
type texts struct {
	all string
	// ends are the ends of all texts but the last. Each text is short.
	ends [3]uint16
	// keyed is set if the appointment id is the key, which is then held once.
	keyed bool
}

func join(parts [4]string) texts {
	var t texts
	if t.keyed = parts[textKey] == parts[textAppointment]; t.keyed {
		parts[textAppointment] = ""
	}
	t.all = strings.Join(parts[:], "")
	end := 0
	for i := range t.ends {
		end += len(parts[i])
		t.ends[i] = uint16(end) //nolint:gosec // see maxText and maxName
	}
	return t
}

func (t *texts) get(i int) string {
	if i == textAppointment && t.keyed {
		i = textKey
	}
	from, to := 0, len(t.all)
	if i > 0 {
		from = int(t.ends[i-1])
	}
	if i < len(t.ends) {
		to = int(t.ends[i])
	}
	return t.all[from:to]
}
