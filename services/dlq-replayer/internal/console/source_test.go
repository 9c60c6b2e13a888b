package console

import "embed"

// embedSource is the source that registers the routes: a test finds all of them
// there, also those that are new.
//
//go:embed console.go
var embedSource embed.FS
