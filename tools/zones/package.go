package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// wheel is one version of the package tzdata.
type wheel struct {
	files *zip.Reader
	// hash is the SHA-256 of the whole file.
	hash string
	// version is the package's, edition the database's.
	version, edition string
	// day is when the package was made.
	day time.Time
}

// pinned fetches the pinned package and checks that it is the one.
func pinned(ctx context.Context) (*wheel, error) {
	w, err := fetch(ctx, pinnedPackage)
	if err == nil && w.hash != pinnedHash {
		return nil, fmt.Errorf("tzdata %s has the hash %s, not the pinned one", pinnedPackage, w.hash)
	}
	return w, err
}

// fetch has pip download a version of the package, or the newest one.
func fetch(ctx context.Context, version string) (*wheel, error) {
	folder, err := os.MkdirTemp("", "zones")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	what := "tzdata"
	if version != "" {
		what += "==" + version
	}
	pip := exec.CommandContext(ctx, "python3", "-m", "pip", "--disable-pip-version-check", "download",
		"--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder, what)
	if said, err := pip.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pip download %s: %w\n%s", what, err, said)
	}
	found, err := filepath.Glob(filepath.Join(folder, "*.whl"))
	if err != nil || len(found) != 1 {
		return nil, errors.New("pip did not leave one package")
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return open(content)
}

func open(content []byte) (*wheel, error) {
	files, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(content)
	w := &wheel{files: files, hash: hex.EncodeToString(hash[:])}
	about, day, err := w.read("tzdata/__init__.py")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(about)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch name {
		case "__version__":
			w.version = strings.Trim(value, `"`)
		case "IANA_VERSION":
			w.edition = strings.Trim(value, `"`)
		}
	}
	if w.version == "" || w.edition == "" {
		return nil, errors.New("the package does not say which edition it is")
	}
	w.day = day
	return w, nil
}

func (w *wheel) read(name string) (content []byte, day time.Time, err error) {
	file, err := w.files.Open(name)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	content, err = io.ReadAll(file)
	return content, info.ModTime(), err
}

// tree is where the package keeps its zones.
const tree = "tzdata/zoneinfo/"

// archive returns the zones as a zip file, the same bytes each time: sorted,
// without dates, and not compressed, since no two compressors agree. It costs
// a program what Go's own copy (time/tzdata) would.
func (w *wheel) archive() ([]byte, error) {
	var names []string
	for _, file := range w.files.File {
		if strings.HasPrefix(file.Name, tree) && !strings.HasSuffix(file.Name, "/") {
			names = append(names, file.Name)
		}
	}
	slices.Sort(names)
	var out bytes.Buffer
	into := zip.NewWriter(&out)
	if err := store(into, "+VERSION", []byte(w.edition+" "+w.day.Format(time.DateOnly)+"\n")); err != nil {
		return nil, err
	}
	for _, name := range names {
		content, _, err := w.read(name)
		if err != nil {
			return nil, err
		}
		if !bytes.HasPrefix(content, []byte("TZif")) {
			continue // tables, and Python's own files
		}
		if err := store(into, strings.TrimPrefix(name, tree), content); err != nil {
			return nil, err
		}
	}
	err := into.Close()
	return out.Bytes(), err
}

func store(into *zip.Writer, name string, content []byte) error {
	file, err := into.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return err
}
