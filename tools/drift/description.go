package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

const (
	fetchTimeout = time.Minute
	// maxBytes bounds a description. The larger one has 2 MB.
	maxBytes = 64 << 20
)

// fetch returns the content of an address or a file. Proxies are taken from the
// environment.
func fetch(ctx context.Context, address string) ([]byte, error) {
	if !strings.HasPrefix(address, "https://") {
		return os.ReadFile(address)
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", address, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, maxBytes))
}

// node is a part of a description.
type node map[string]any

// description is one of OpenAPI 3.
type description struct{ root node }

// read reads a description in JSON or YAML. The latter's reader does not know the
// pairs of escapes with which JSON writes rare letters.
func read(text []byte) (hash string, d description, err error) {
	sum := sha256.Sum256(text)
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		err = json.Unmarshal(text, &d.root)
	} else {
		err = yaml.Unmarshal(text, &d.root)
	}
	if err == nil && (d.root["openapi"] == nil || d.child(d.root, "paths") == nil) {
		err = errors.New("it is no description in OpenAPI")
	}
	return hex.EncodeToString(sum[:]), d, err
}

// child returns a member of a node, with its reference followed; nil without one.
func (d description) child(n node, name string) node {
	return d.follow(n[name])
}

// follow returns what a reference stands for, and any other node itself.
func (d description) follow(value any) node {
	n := asNode(value)
	for range 10 { // references to references end, unless the description is broken
		to, _ := n["$ref"].(string)
		if to == "" {
			return n
		}
		n = d.root
		for name := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
			n = asNode(n[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)])
		}
	}
	return nil
}

func asNode(value any) node {
	switch n := value.(type) {
	case node:
		return n
	case map[string]any:
		return n
	}
	return nil
}

// operation returns what is done by a method at a path.
func (d description) operation(method, path string) node {
	return d.child(d.child(d.child(d.root, "paths"), path), method)
}

// parameter returns a parameter of an operation by its name.
func (d description) parameter(operation node, name string) node {
	all, _ := operation["parameters"].([]any)
	for _, p := range all {
		if n := d.follow(p); n["name"] == name {
			return n
		}
	}
	return nil
}

// schema returns the schema of the first content of a request or an answer.
func (d description) schema(n node) node {
	for _, content := range d.child(n, "content") {
		return d.child(asNode(content), "schema")
	}
	return nil
}

// member returns the schema of a member, on a path of names with dots between them;
// arrays are looked into.
func (d description) member(schema node, path string) node {
	name, rest, more := strings.Cut(path, "/")
	if items := d.child(schema, "items"); items != nil {
		return d.member(items, path)
	}
	found := d.child(d.child(schema, "properties"), name)
	parts, _ := schema["allOf"].([]any)
	for _, part := range parts {
		if found == nil {
			found = d.member(d.follow(part), name)
		}
	}
	if found == nil || !more {
		return found
	}
	return d.member(found, rest)
}
