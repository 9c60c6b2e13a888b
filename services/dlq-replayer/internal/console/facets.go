package console

import (
	"net/url"
	"slices"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/mask"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/index"
	"github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/internal/query"
)

// facet is a list of values with counts, each a filter.
type facet struct {
	Name   string
	Values []facetValue
}

type facetValue struct {
	Text   string
	Count  int
	Link   string
	Active bool
}

// chip is an active filter; its link removes it.
type chip struct{ Name, Text, Link string }

// facets count the matching dead letters by channel, class, code and status.
func facets(q query.Query, found index.Page) []facet {
	channels, classes, codes := counter{}, counter{}, counter{}
	for _, g := range found.Groups {
		channels.add(string(g.Channel), g.Count)
		classes.add(string(g.Class), g.Count)
		codes.add(g.Code, g.Count)
	}
	statuses := counter{}
	for status, n := range found.ByStatus {
		statuses.add(string(status), n)
	}
	return []facet{
		channels.facet("channel", valuesOf(q)), classes.facet("class", valuesOf(q)),
		codes.facet("code", valuesOf(q)), statuses.facet("status", valuesOf(q)),
	}
}

type counter map[string]int

func (c counter) add(value string, n int) { c[value] += n }

// maxFacet bounds how many values a facet shows, the most frequent first.
const maxFacet = 12

func (c counter) facet(name string, v url.Values) facet {
	f := facet{Name: name}
	for value, n := range c {
		shown := mask.Text(value)
		if value == "" || shown != value {
			continue // a hidden value must not appear in an address
		}
		active := slices.Contains(v[name], value)
		link := with(v, name, value)
		if active {
			link = without(v, name, value)
		}
		f.Values = append(f.Values, facetValue{Text: shown, Count: n, Link: "?" + link.Encode(), Active: active})
	}
	slices.SortFunc(f.Values, func(a, b facetValue) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Text, b.Text)
	})
	f.Values = f.Values[:min(maxFacet, len(f.Values))]
	return f
}

// chips lists the active filters.
func chips(q query.Query) (on []chip) {
	v := valuesOf(q)
	for _, name := range []string{"text", "id", "appointment", "channel", "class", "code", "status", "since", "until", "partition", "offset"} {
		for _, value := range v[name] {
			on = append(on, chip{name, mask.Identifier(value), "?" + without(v, name, value).Encode()})
		}
	}
	return on
}

// with returns v with one value of the name.
func with(v url.Values, name, value string) url.Values {
	c := clone(v)
	c.Set(name, value)
	return c
}

func without(v url.Values, name, value string) url.Values {
	c := clone(v)
	c[name] = slices.DeleteFunc(c[name], func(s string) bool { return s == value })
	return c
}

func clone(v url.Values) url.Values {
	c := make(url.Values, len(v))
	for name, values := range v {
		c[name] = slices.Clone(values)
	}
	delete(c, "page")
	return c
}
