// Package bom writes a program's components as a CycloneDX document.
package bom

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/licences"
)

// Program is the subject of a document.
type Program struct {
	Name, Version, Go string
	OS, Arch          string
	// At is the document's time: that of the commit.
	At      time.Time
	Modules []licences.Module
}

const ours = "pkg:golang/github.com/kafka-notifications/kafka-notifications/"

// Write writes the document as JSON of CycloneDX 1.6. It has no serial number,
// which would differ each time.
func Write(to io.Writer, p Program) error {
	doc := cdx.NewBOM()
	main := ours + p.Name + "@" + p.Version
	doc.Metadata = &cdx.Metadata{
		Timestamp: p.At.UTC().Format(time.RFC3339),
		Component: &cdx.Component{
			BOMRef: main, Type: cdx.ComponentTypeApplication, Name: p.Name, Version: p.Version, PackageURL: main,
			Licenses:   identifiers([]string{"MIT"}),
			Properties: &[]cdx.Property{{Name: "platform", Value: p.OS + "/" + p.Arch}},
		},
	}
	parts := []cdx.Component{goItself(p.Go)}
	for _, m := range p.Modules {
		parts = append(parts, component(m))
	}
	refs := make([]string, len(parts))
	for i, c := range parts {
		refs[i] = c.BOMRef
	}
	doc.Components, doc.Dependencies = &parts, &[]cdx.Dependency{{Ref: main, Dependencies: &refs}}
	return cdx.NewBOMEncoder(to, cdx.BOMFileFormatJSON).SetPretty(true).EncodeVersion(doc, cdx.SpecVersion1_6)
}

func goItself(version string) cdx.Component {
	version = strings.TrimPrefix(version, "go")
	ref := "pkg:golang/std@" + version
	return cdx.Component{
		BOMRef: ref, Type: cdx.ComponentTypeLibrary, Name: "std", Version: version, PackageURL: ref,
		Description: "Go's standard library", Licenses: identifiers([]string{"BSD-3-Clause"}),
	}
}

func component(m licences.Module) cdx.Component {
	ref := "pkg:golang/" + m.Path + "@" + m.Version
	c := cdx.Component{BOMRef: ref, Type: cdx.ComponentTypeLibrary, Name: m.Path, Version: m.Version, PackageURL: ref, Licenses: identifiers(m.Licences)}
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err == nil && len(sum) > 0 {
		c.Hashes = &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
	}
	return c
}

func identifiers(ids []string) *cdx.Licenses {
	list := make(cdx.Licenses, len(ids))
	for i, id := range ids {
		list[i] = cdx.LicenseChoice{License: &cdx.License{ID: id}}
	}
	return &list
}
