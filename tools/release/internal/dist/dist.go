// Package dist writes the files of a release.
package dist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/kafka-notifications/kafka-notifications/libs/localtime"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/bom"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/image"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/licences"
	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/programs"
)

// Release is one version of all programs, in a folder:
//
//	bin/PROGRAM_OS_ARCH            the binary
//	sbom/PROGRAM_OS_ARCH.cdx.json  what it is made of (CycloneDX)
//	images/PROGRAM/                an OCI layout: one image for each platform
//	DIGESTS                        the images' digests
//	SHA256SUMS                     checksums of the files above
type Release struct {
	// Root is the repository, Out the folder, which must not exist yet.
	Root, Out string
	Version   string
	// At is the time of all files: that of the commit.
	At       time.Time
	Licences *licences.Reader
}

// Write builds everything. It fails if a part has a licence that is not allowed.
func (r Release) Write(ctx context.Context, all []programs.Program) error {
	if _, err := os.Stat(r.Out); err == nil {
		return fmt.Errorf("%s is there already; remove it first", r.Out)
	}
	for _, dir := range []string{"bin", "sbom", "images"} {
		if err := os.MkdirAll(filepath.Join(r.Out, dir), 0o750); err != nil {
			return err
		}
	}
	var digests strings.Builder
	var faults []error
	for _, p := range all {
		digest, err := r.program(ctx, p)
		faults = append(faults, err)
		fmt.Fprintf(&digests, "%s %s\n", digest, p.Name)
	}
	if err := errors.Join(faults...); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(r.Out, "DIGESTS"), []byte(digests.String()), 0o600); err != nil {
		return err
	}
	return checksums(r.Out)
}

// program writes a program's binaries, documents and images, and returns the
// digest of the index of its images.
func (r Release) program(ctx context.Context, p programs.Program) (v1.Hash, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, on := range programs.Platforms() {
		img, err := r.One(ctx, p, on)
		if err != nil {
			return v1.Hash{}, fmt.Errorf("%s for %s: %w", p.Name, on, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: img, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: on.OS, Architecture: on.Arch}},
		})
	}
	path, err := layout.Write(filepath.Join(r.Out, "images", p.Name), empty.Index)
	if err == nil {
		err = path.AppendIndex(index)
	}
	if err != nil {
		return v1.Hash{}, err
	}
	return index.Digest()
}

// One writes the binary and the document of a program for one platform, and
// returns its image.
func (r Release) One(ctx context.Context, p programs.Program, on programs.Platform) (v1.Image, error) {
	name := fmt.Sprintf("%s_%s_%s", p.Name, on.OS, on.Arch)
	path := filepath.Join(r.Out, "bin", name)
	if err := p.Build(ctx, r.Root, on, r.Version, path); err != nil {
		return nil, err
	}
	binary, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := r.document(p, on, binary, filepath.Join(r.Out, "sbom", name+".cdx.json")); err != nil {
		return nil, err
	}
	notices, err := p.Notices(ctx, r.Root, on)
	if err != nil {
		return nil, err
	}
	return image.Make(image.Parts{
		Program: binary, Notices: notices, OS: on.OS, Arch: on.Arch, At: r.At, Service: p.Service, Labels: r.labels(p),
	})
}

func (r Release) labels(p programs.Program) map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":    p.Name,
		"org.opencontainers.image.version":  r.Version,
		"org.opencontainers.image.source":   "https://github.com/kafka-notifications/kafka-notifications",
		"org.opencontainers.image.licenses": "MIT",
		"notifications.time-zones":          localtime.BuiltInVersion(),
	}
}

func (r Release) document(p programs.Program, on programs.Platform, binary []byte, to string) error {
	modules, err := r.Licences.Of(binary)
	if err != nil {
		return err
	}
	if refused := licences.Refused(modules, licences.Allowed()); len(refused) > 0 {
		return fmt.Errorf("licences that are not allowed:\n  %s", strings.Join(refused, "\n  "))
	}
	var doc bytes.Buffer
	err = bom.Write(&doc, bom.Program{Name: p.Name, Version: r.Version, Go: runtime.Version(), OS: on.OS, Arch: on.Arch, At: r.At, Modules: modules})
	if err != nil {
		return err
	}
	return os.WriteFile(to, doc.Bytes(), 0o600)
}
