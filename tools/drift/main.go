// Command drift compares the newest descriptions that Mailgun and Twilio publish of
// their APIs with what the adapters use. It fails if a part of them is gone or
// deprecated, and if sending gains a feature that we are waiting for: a key that makes
// a repeated request the same message. Run it anywhere:
//
//	go run ./tools/drift                        fetches both descriptions
//	go run ./tools/drift -twilio twilio.json    takes one from a file, where there is no way to it
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	from := map[string]*string{}
	for _, p := range providers() {
		from[p.name] = flag.String(p.name, p.address, "where the newest description of "+p.name+"'s API is: an address or a file")
	}
	flag.Parse()
	var all []error
	for _, p := range providers() {
		all = append(all, p.report(context.Background(), os.Stdout, *from[p.name]))
	}
	if err := errors.Join(all...); err != nil {
		fmt.Fprintln(os.Stderr, "drift:", strings.ReplaceAll(err.Error(), "\n", "\ndrift: "))
		os.Exit(1)
	}
}

// report compares the description at an address, and returns the differences that need
// a person.
func (p provider) report(ctx context.Context, out io.Writer, address string) error {
	text, err := fetch(ctx, address)
	if err != nil {
		return fmt.Errorf("no description of %s's API: %w; -%s takes one from a file", p.name, err, p.name)
	}
	hash, d, err := read(text)
	if err != nil {
		return fmt.Errorf("the description of %s's API at %s cannot be read: %w", p.name, address, err)
	}
	news := append(p.lost(d), p.gained(d)...)
	switch {
	case len(news) > 0:
		return fmt.Errorf("%s (%s, sha256 %s): %w", p.name, address, hash, errors.Join(news...))
	case hash == p.hash:
		fmt.Fprintf(out, "%s: the description is the one of %s\n", p.name, p.seen)
	default:
		fmt.Fprintf(out, "%s: the description has changed since %s, but nothing that is used or wished for (sha256 %s)\n", p.name, p.seen, hash)
	}
	return nil
}
