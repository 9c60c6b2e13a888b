package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha512"
	_ "embed" // for the program that asks Node
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// cldr holds the calendars of the package by their paths.
type cldr map[string][]byte

// pinned fetches the pinned package and checks that it is the one.
func pinned(ctx context.Context) (cldr, error) {
	folder, err := os.MkdirTemp("", "dates")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	npm := exec.CommandContext(ctx, "npm", "pack", "--silent", "--pack-destination", folder, "cldr-dates-full@"+pinnedPackage)
	if said, err := npm.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack: %w\n%s", err, said)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.tgz"))
	if err != nil || len(found) != 1 {
		return nil, errors.New("npm did not leave one package")
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(content)
	if hash := "sha512-" + base64.StdEncoding.EncodeToString(sum[:]); hash != pinnedHash {
		return nil, fmt.Errorf("cldr-dates-full %s has the hash %s, not the pinned one", pinnedPackage, hash)
	}
	return unpack(content)
}

func unpack(content []byte) (cldr, error) {
	plain, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	files := cldr{}
	for archive := tar.NewReader(plain); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		if filepath.Base(header.Name) != calendarFile {
			continue
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			return nil, err
		}
	}
}

// published is what npm says of a version.
type published struct{ Version, Integrity string }

func newestVersion(ctx context.Context) (p published, err error) {
	said, err := exec.CommandContext(ctx, "npm", "view", "--json", "cldr-dates-full", "version", "dist.integrity").Output()
	if err != nil {
		return p, fmt.Errorf("npm view: %w", err)
	}
	var answer map[string]string
	if err := json.Unmarshal(said, &answer); err != nil {
		return p, fmt.Errorf("npm view: %w", err)
	}
	return published{answer["version"], answer["dist.integrity"]}, nil
}

//go:embed intl.js
var askIntl string

// intl returns how Node's Intl writes dates and times.
func intl(ctx context.Context) ([]byte, error) {
	asked, err := json.Marshal(tags())
	if err != nil {
		return nil, err
	}
	node := exec.CommandContext(ctx, "node", "-e", askIntl, string(asked))
	var said bytes.Buffer
	node.Stderr = &said
	answer, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w\n%s", err, said.Bytes())
	}
	return answer, nil
}
