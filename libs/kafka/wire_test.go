package kafka

import (
	"context"
	"errors"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// commit commits like the client, and is judged by the broker like it, but does
// not wait for a mutex while the member joins: virtual time would stand still.
func (w *worker) commit(ctx context.Context, moved offsets) error {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Group = rigGroup
	if req.MemberID, req.Generation = w.consumer.client.GroupMetadata(); req.Generation < 0 {
		return errNoMember
	}
	for topic, partitions := range moved {
		t := kmsg.NewOffsetCommitRequestTopic()
		t.Topic = topic
		for partition, at := range partitions {
			p := kmsg.NewOffsetCommitRequestTopicPartition()
			p.Partition, p.Offset = partition, at.Offset
			t.Partitions = append(t.Partitions, p)
		}
		req.Topics = append(req.Topics, t)
	}
	resp, err := req.RequestWith(ctx, w.consumer.client)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			err = errors.Join(err, kerr.ErrorForCode(p.ErrorCode))
		}
	}
	return err
}

var errNoMember = errors.New("not a member of the group")

// cable is a worker's way to the broker. It can be cut and mended.
type cable struct {
	network *kfake.VirtualNetwork

	mu    sync.Mutex
	isCut bool
	// forGood is set when it will not be mended.
	forGood bool
	conns   map[*plug]bool
}

var errCut = errors.New("the cable is cut")

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.mu.Lock()
	cut := c.isCut
	c.mu.Unlock()
	if cut {
		return nil, errCut
	}
	conn, err := c.network.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	p := &plug{Conn: conn, cable: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conns == nil {
		c.conns = map[*plug]bool{}
	}
	c.conns[p] = true
	return p, nil
}

func (c *cable) cut(forGood bool) {
	c.mu.Lock()
	c.isCut, c.forGood = true, c.forGood || forGood
	var conns []*plug
	for p := range c.conns {
		conns = append(conns, p)
	}
	c.mu.Unlock()
	for _, p := range conns {
		_ = p.Close()
	}
}

func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = c.forGood
}

// plug is one connection over a cable.
type plug struct {
	net.Conn
	cable *cable
}

func (p *plug) Close() error {
	p.cable.mu.Lock()
	delete(p.cable.conns, p)
	p.cable.mu.Unlock()
	return p.Conn.Close()
}
