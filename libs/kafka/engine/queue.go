package engine

import "github.com/kafka-notifications/kafka-notifications/libs/delivery"

// item is one record in a queue.
type item struct {
	task delivery.Task
	half *half
	seq  uint64
	// arrival orders the records of both halves.
	arrival uint64
	// withdrawn is set when a newer event of the appointment says something else.
	withdrawn bool
	// link is there while the record is under way.
	link *link
}

func (i *item) size() int { return len(i.task.Record.Value) + len(i.task.Record.Key) }

// queue holds the records of one appointment in the order in which they came.
// Its head is worked on; the others wait for it.
type queue struct {
	lane    *lane
	key     string
	items   []*item
	first   [1]*item // most queues never hold a second item
	running bool
	listed  bool
}
