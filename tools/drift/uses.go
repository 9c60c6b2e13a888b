package main

import (
	"fmt"
	"regexp"
	"slices"
)

// use lists the parts of one operation that an adapter uses. Nested members are
// separated by a slash.
type use struct {
	method, path string
	// sends marks the operation that makes a message.
	sends      bool
	parameters []string
	request    []string
	status     string
	answer     []string
	// values are the values of a member of the answer that the adapter distinguishes.
	values map[string][]string
}

// provider is a provider with the operations that its adapter uses.
type provider struct {
	name, address string
	// hash is that of the description that was checked last, seen its name.
	hash, seen string
	uses       []use
}

func providers() []provider { return []provider{mailgun(), twilio()} }

func mailgun() provider {
	return provider{
		name: "mailgun", address: "https://raw.githubusercontent.com/mailgun/mailgun-mcp-server/main/src/openapi.yaml",
		hash: "b58e83444577fddea25fb1c5ff539aacc53c53dfb2d05dd0b35f09d380e7e0e6", seen: "July 2026 (78d610f)",
		uses: []use{
			{
				method: "post", path: "/v3/{domain_name}/messages", sends: true, status: "200", answer: []string{"id"},
				request: []string{"from", "to", "subject", "text", "html", "attachment", "o:tag", "o:tracking", "o:tracking-clicks", "o:tracking-opens", "h:X-My-Header", "v:my-var"},
			},
			{
				method: "get", path: "/v3/{domain_name}/events", status: "200", answer: []string{"items", "paging/next"},
				parameters: []string{"begin", "end", "ascending", "limit", "event", "message-id"},
			},
			{
				method: "post", path: "/v1/analytics/logs", status: "200",
				request: []string{"start", "end", "events", "filter/AND/attribute", "filter/AND/comparator", "filter/AND/values", "include_subaccounts", "pagination/sort", "pagination/token", "pagination/limit"},
				answer: []string{
					"pagination/next", "items/event", "items/@timestamp", "items/domain/name", "items/message/headers/message-id",
					"items/severity", "items/reason", "items/delivery-status/code",
				},
			},
		},
	}
}

func twilio() provider {
	const messages = "/2010-04-01/Accounts/{AccountSid}/Messages.json"
	statuses := []string{"delivered", "read", "undelivered", "failed", "canceled"}
	return provider{
		name: "twilio", address: "https://raw.githubusercontent.com/twilio/twilio-oai/main/spec/json/twilio_api_v2010.json",
		hash: "99cae87a6bb1725f71363364cbd30282a13140374b2d5f9bdd5bdfa5d4c8a6d7", seen: "April 2026 (d50069b)",
		uses: []use{
			{
				method: "post", path: messages, sends: true, status: "201", answer: []string{"sid"},
				request: []string{"To", "From", "Body", "ValidityPeriod", "SmartEncoded"},
			},
			{
				method: "get", path: messages, status: "200", parameters: []string{"To", "DateSent<", "DateSent>", "PageSize"},
				answer: []string{
					"next_page_uri", "messages/sid", "messages/body", "messages/direction", "messages/num_media", "messages/error_code",
					"messages/date_created", "messages/date_sent", "messages/date_updated",
				},
				values: map[string][]string{"messages/status": statuses},
			},
			{
				method: "get", path: "/2010-04-01/Accounts/{AccountSid}/Messages/{Sid}.json", status: "200",
				answer: []string{"sid", "error_code", "date_updated"}, values: map[string][]string{"status": statuses},
			},
		},
	}
}

// lost returns the used parts that are gone or deprecated.
func (p provider) lost(d description) (all []error) {
	for _, u := range p.uses {
		all = append(all, d.lost(u)...)
	}
	return all
}

func (d description) lost(u use) (all []error) {
	where := u.method + " " + u.path
	lose := func(what string, there node) {
		if there == nil {
			all = append(all, fmt.Errorf("%s has no %s any more", where, what))
		} else if there["deprecated"] == true {
			all = append(all, fmt.Errorf("%s: %s is deprecated", where, what))
		}
	}
	operation := d.operation(u.method, u.path)
	if lose("operation", operation); operation == nil {
		return all
	}
	for _, name := range u.parameters {
		lose("parameter "+name, d.parameter(operation, name))
	}
	request := d.schema(d.child(operation, "requestBody"))
	for _, name := range u.request {
		lose("member "+name, d.member(request, name))
	}
	answer := d.schema(d.child(d.child(operation, "responses"), u.status))
	for _, name := range u.answer {
		lose("member "+name+" in its answer", d.member(answer, name))
	}
	for name, values := range u.values {
		known, _ := d.member(answer, name)["enum"].([]any)
		for _, v := range values {
			if !slices.Contains(known, any(v)) {
				all = append(all, fmt.Errorf("%s: %s is never %s any more", where, name, v))
			}
		}
	}
	return all
}

// gained returns inputs of a sending operation that may distinguish a repeated request
// from a new one.
func (p provider) gained(d description) (all []error) {
	key := regexp.MustCompile(`(?i)idempot|dedup|deduplic|unique[-_ ]?(request|token|arg)|(client|request)[-_ ]?(token|id|ref)`)
	for _, u := range p.uses {
		operation := d.operation(u.method, u.path)
		if !u.sends || operation == nil {
			continue
		}
		for name, text := range d.inputs(operation) {
			if key.MatchString(name) || key.MatchString(text) {
				all = append(all, fmt.Errorf("%s %s takes %s, which may be a key against doubled messages: PROTOCOL.md would get shorter", u.method, u.path, name))
			}
		}
		if text, _ := operation["description"].(string); key.MatchString(text) {
			all = append(all, fmt.Errorf("%s %s: its description speaks of a key against doubled messages", u.method, u.path))
		}
	}
	return all
}

// inputs returns the inputs of an operation with their descriptions.
func (d description) inputs(operation node) map[string]string {
	found := map[string]string{}
	add := func(name string, n node) {
		text, _ := n["description"].(string)
		found[name] = text
	}
	all, _ := operation["parameters"].([]any)
	for _, p := range all {
		n := d.follow(p)
		name, _ := n["name"].(string)
		add(name, n)
	}
	for name, member := range d.child(d.schema(d.child(operation, "requestBody")), "properties") {
		add(name, d.follow(member))
	}
	return found
}
