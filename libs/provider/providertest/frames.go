package providertest

import (
	"fmt"
	"strings"
)

// frame is one way to put an answer on the wire.
type frame struct {
	// text is what is written for an answer.
	text func(a answer) string
	// whole is set when the answer can be read to its end.
	whole bool
	// open keeps the connection open after it; endless goes on writing.
	open, endless bool
}

// answer is a status, such as "200 OK", and a body.
type answer struct{ status, body string }

func (a answer) head(fields ...string) string {
	return "HTTP/1.1 " + a.status + "\r\n" + strings.Join(append(fields, "\r\n"), "\r\n")
}

func (a answer) length() string { return fmt.Sprintf("Content-Length: %d", len(a.body)) }

func (a answer) usual() string { return a.head(a.length()) + a.body }

func (a answer) chunk() string { return fmt.Sprintf("%x\r\n%s\r\n", len(a.body), a.body) }

const chunked = "Transfer-Encoding: chunked"

// wholeFrames carry an answer to its end.
func wholeFrames() map[string]frame {
	return map[string]frame{
		"with its length":            {text: answer.usual, whole: true, open: true},
		"in one chunk":               {text: func(a answer) string { return a.head(chunked) + a.chunk() + "0\r\n\r\n" }, whole: true, open: true},
		"in chunks with a trailer":   {text: func(a answer) string { return a.head(chunked) + a.chunk() + "0\r\nX-Sum: 1\r\n\r\n" }, whole: true, open: true},
		"up to the connection's end": {text: func(a answer) string { return a.head("Connection: close") + a.body }, whole: true},
		"in HTTP/1.0":                {text: func(a answer) string { return "HTTP/1.0 " + a.status + "\r\n\r\n" + a.body }, whole: true},
		"behind 100 Continue":        {text: func(a answer) string { return "HTTP/1.1 100 Continue\r\n\r\n" + a.usual() }, whole: true, open: true},
		"behind many early hints": {text: func(a answer) string {
			return strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", 20) + a.usual()
		}, whole: true, open: true},
		"before bytes of nothing":      {text: func(a answer) string { return a.usual() + "nothing" }, whole: true, open: true},
		"before the same answer again": {text: func(a answer) string { return a.usual() + a.usual() }, whole: true, open: true},
	}
}

// brokenFrames carry bytes that must not be taken for an answer.
func brokenFrames() map[string]frame {
	said := func(format string) frame {
		return frame{text: func(a answer) string { return strings.NewReplacer("STATUS", a.status, "BODY", a.body).Replace(format) }}
	}
	held := func(f frame) frame { f.open = true; return f }
	endless := func(f frame) frame { f.endless = true; return f }
	const upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
	return map[string]frame{
		"nothing":                said(""),
		"half a status line":     said("HTTP/1.1 2"),
		"half a head":            said("HTTP/1.1 STATUS\r\nContent-Le"),
		"half a head, held":      held(said("HTTP/1.1 STATUS\r\nContent-Le")),
		"less than its length":   said("HTTP/1.1 STATUS\r\nContent-Length: 5000\r\n\r\nBODY"),
		"a length, held":         held(said("HTTP/1.1 STATUS\r\nContent-Length: 5000\r\n\r\nBODY")),
		"a length only":          said("HTTP/1.1 STATUS\r\nContent-Length: 10\r\n\r\n"),
		"half a chunk":           said("HTTP/1.1 STATUS\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nBODY"),
		"no last chunk":          {text: func(a answer) string { return a.head(chunked) + a.chunk() }},
		"a chunk of no size":     said("HTTP/1.1 STATUS\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\nBODY\r\n0\r\n\r\n"),
		"a length below zero":    said("HTTP/1.1 STATUS\r\nContent-Length: -5\r\n\r\nBODY"),
		"two lengths":            said("HTTP/1.1 STATUS\r\nContent-Length: 5\r\nContent-Length: 60\r\n\r\nBODY"),
		"a longer body than any": {text: func(a answer) string { a.body += strings.Repeat(" ", 2<<20); return a.usual() }},
		"a longer chunk than any": {text: func(a answer) string {
			a.body += strings.Repeat(" ", 2<<20)
			return a.head(chunked) + a.chunk() + "0\r\n\r\n"
		}},
		"a longer head than any":   {text: func(a answer) string { return a.head(a.length(), "X: "+strings.Repeat("x", 2<<20)) + a.body }},
		"a field without a name":   said("HTTP/1.1 STATUS\r\nno name\r\n\r\nBODY"),
		"the body alone":           said("BODY\r\n\r\n"),
		"another protocol":         said("220 smtp.example ESMTP\r\n"),
		"HTTP/2":                   said("\x00\x00\x12\x04\x00\x00\x00\x00\x00"),
		"a status of four digits":  said("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"),
		"no status":                said("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"),
		"another protocol, agreed": held(said(upgrade)),
		"bytes of that protocol":   endless(said(upgrade)),
		"an answer to come, held":  held(said("HTTP/1.1 102 Processing\r\n\r\n")),
		"answers to come, endless": endless(said("HTTP/1.1 102 Processing\r\n\r\n")),
		"a body without an end":    endless(said("HTTP/1.1 STATUS\r\n\r\nBODY")),
	}
}
