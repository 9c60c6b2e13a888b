package engine

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// recordPool lends the client the slices that it decodes batches into. A lane keeps
// copies, so a slice is free again once all of its records are registered. A slice of
// which some records were dropped is left to the garbage collector. Safe for concurrent
// use.
type recordPool struct{ slices sync.Pool }

var _ kgo.PoolRecords = (*recordPool)(nil)

// GetRecords implements kgo.PoolRecords. The client grows a slice that is too small.
func (p *recordPool) GetRecords(int) []kgo.Record {
	if s, ok := p.slices.Get().(*[]kgo.Record); ok {
		return *s
	}
	return nil
}

// PutRecords implements kgo.PoolRecords.
func (p *recordPool) PutRecords(s []kgo.Record) { p.slices.Put(&s) }
