package kafka

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
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
