package sandbox

// Board is the part of the inbox page that the program around the sandbox fills: JSON
// that it serves at Options.BoardURL and that the page polls each second.
type Board struct {
	Counters Counters `json:"counters"`
	// Status is one line of news, such as "the worker was killed 2 s ago".
	Status  string   `json:"status,omitempty"`
	Buttons []Button `json:"buttons,omitempty"`
	// Message are the buttons on an open message. The recipient is added to
	// their paths: ?recipient=….
	Message []Button `json:"message,omitempty"`
	Links   []Link   `json:"links,omitempty"`
}

// Counters are the numbers on the board. Lost and Doubled are green at zero and
// red above it; a nil counter is not shown.
type Counters struct {
	Published    *int64 `json:"published,omitempty"`
	Sent         *int64 `json:"sent,omitempty"`
	Skipped      *int64 `json:"skipped,omitempty"`
	Waiting      *int64 `json:"waiting,omitempty"`
	DeadLettered *int64 `json:"dead_lettered,omitempty"`
	Lost         *int64 `json:"lost,omitempty"`
	Doubled      *int64 `json:"doubled,omitempty"`
}

// Button is a button that posts to a path of the controls. The answer may be
// JSON with a "message", or an "error", for the page to show.
type Button struct {
	Label string `json:"label"`
	Post  string `json:"post"`
	Hint  string `json:"hint,omitempty"`
	// Tone is "", "primary" or "danger". Active marks a switch that is on.
	Tone   string `json:"tone,omitempty"`
	Active bool   `json:"active,omitempty"`
}

// Link leads to another page, such as the replay console.
type Link struct {
	Label string `json:"label"`
	URL   string `json:"url"`
}
