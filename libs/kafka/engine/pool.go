package engine

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// recordPool lends the client the slices that it decodes batches into. What a lane
// keeps of a record is a copy, so that a slice is free again once all of its records
// are registered. Those of which some were dropped are the collector's. Safe for
// concurrent use.
type recordPool struct{ slices sync.Pool }

var _ kgo.PoolRecords = (*recordPool)(nil)

// GetRecords implements kgo.PoolRecords. The client makes room where it is too
// small.
func (p *recordPool) GetRecords(int) []kgo.Record {
	if s, ok := p.slices.Get().(*[]kgo.Record); ok {
		return *s
	}
	return nil
}

// PutRecords implements kgo.PoolRecords.
func (p *recordPool) PutRecords(s []kgo.Record) { p.slices.Put(&s) }
