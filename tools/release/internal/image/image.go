// Package image assembles a program's container image, byte by byte the same for the
// same parts. It follows deploy/Dockerfile, which needs a container engine and puts the
// time of the build into its images.
package image

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"io"
	"path"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// Parts are the parts of an image.
type Parts struct {
	// Program is the binary, Notices the licences of what it contains.
	Program, Notices []byte
	OS, Arch         string
	// At is the time of the files and the image: that of the commit.
	At     time.Time
	Labels map[string]string
	// Service reports whether the program answers health checks.
	Service bool
}

// Make returns the image.
func Make(p Parts) (v1.Image, error) {
	base := mutate.MediaType(mutate.ConfigMediaType(empty.Image, types.OCIConfigJSON), types.OCIManifestSchema1)
	config := &v1.ConfigFile{
		OS: p.OS, Architecture: p.Arch, Created: v1.Time{Time: p.At.UTC()},
		RootFS: v1.RootFS{Type: "layers"}, Config: p.config(),
	}
	configured, err := mutate.ConfigFile(base, config)
	if err != nil {
		return nil, err
	}
	// Layers that change seldom come first, so that hosts need not fetch them again.
	var adds []mutate.Addendum
	for _, files := range [][]file{
		{{"etc/ssl/certs/ca-certificates.crt", 0o444, Authorities()}},
		{{"licenses/THIRD_PARTY_NOTICES", 0o444, p.Notices}, {"app", 0o555, p.Program}},
	} {
		layer, err := layerOf(files, p.At)
		if err != nil {
			return nil, err
		}
		adds = append(adds, mutate.Addendum{Layer: layer, MediaType: types.OCILayer, History: v1.History{Created: config.Created, CreatedBy: files[len(files)-1].name}})
	}
	return mutate.Append(configured, adds...)
}

func (p Parts) config() v1.Config {
	c := v1.Config{
		User: "65532:65532", Entrypoint: []string{"/app"}, Labels: p.Labels,
		Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, WorkingDir: "/",
	}
	if p.Service {
		c.Healthcheck = &v1.HealthConfig{
			Test: []string{"CMD", "/app", "healthcheck"}, Interval: 5 * time.Second,
			Timeout: 4 * time.Second, StartPeriod: 15 * time.Second, Retries: 3,
		}
	}
	return c
}

// Authorities returns Mozilla's certificates as PEM. Those that Mozilla trusts
// only in part are left out: a file of certificates cannot say so.
func Authorities() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
		}
	}
	return out.Bytes()
}

type file struct {
	name    string
	mode    int64
	content []byte
}

// layerOf returns a layer with the files and the folders above them.
func layerOf(files []file, at time.Time) (v1.Layer, error) {
	var raw bytes.Buffer
	w := tar.NewWriter(&raw)
	made := map[string]bool{".": true}
	for _, f := range files {
		if err := folders(w, path.Dir(f.name), at, made); err != nil {
			return nil, err
		}
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: at.UTC().Truncate(time.Second), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw.Bytes())), nil },
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func folders(w *tar.Writer, dir string, at time.Time, made map[string]bool) error {
	if made[dir] {
		return nil
	}
	if err := folders(w, path.Dir(dir), at, made); err != nil {
		return err
	}
	made[dir] = true
	return w.WriteHeader(&tar.Header{Name: dir + "/", Mode: 0o755, ModTime: at.UTC().Truncate(time.Second), Typeflag: tar.TypeDir, Format: tar.FormatPAX})
}
