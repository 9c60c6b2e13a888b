package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/tests/harness"
	"github.com/kafka-notifications/kafka-notifications/tests/kafkatest"
)

// any returns one of the brokers.
func (r *run) any() int32 { return r.random.Int32N(int32(len(r.cluster.Nodes))) + 1 }

// leader returns the broker that leads a partition of the source.
func (r *run) leader() (id int32) {
	partition := r.random.Int32N(partitions)
	r.ask("leader", func(ctx context.Context) error {
		metadata, err := r.email.Admin.Metadata(ctx, r.email.Source)
		if err != nil {
			return err
		}
		if id = metadata.Topics[r.email.Source].Partitions[partition].Leader; id < 1 {
			return errors.New("no leader")
		}
		return nil
	})
	return id
}

// coordinator returns the broker that coordinates the group of a channel.
func (r *run) coordinator() (id int32) {
	group := []*harness.System{r.email, r.sms}[r.random.IntN(2)].Group
	r.ask("coordinator", func(ctx context.Context) error {
		found := r.email.Admin.FindGroupCoordinators(ctx, group)
		id = found[group].NodeID
		return found.Error()
	})
	return id
}

// controller returns the broker whose controller is the active one.
func (r *run) controller() (id int32) {
	r.ask("controller", func(ctx context.Context) error {
		request := kmsg.NewPtrDescribeQuorumRequest()
		topic, partition := kmsg.NewDescribeQuorumRequestTopic(), kmsg.NewDescribeQuorumRequestTopicPartition()
		topic.Topic, topic.Partitions = "__cluster_metadata", append(topic.Partitions, partition)
		request.Topics = append(request.Topics, topic)
		response, err := request.RequestWith(ctx, r.email.Client)
		if err != nil {
			return err
		}
		if len(response.Topics) == 0 || len(response.Topics[0].Partitions) == 0 {
			return errors.New("no quorum is described")
		}
		id = response.Topics[0].Partitions[0].LeaderID
		return nil
	})
	return id
}

func (r *run) toClients() kafkatest.Link { return r.cluster.Clients(r.any()) }
func (r *run) around() kafkatest.Link    { return r.cluster.Around(r.any()) }
func (r *run) toLeader() kafkatest.Link  { return r.cluster.To(r.leader()) }

func (r *run) everywhere() kafkatest.Link {
	id := r.any()
	return append(r.cluster.Around(id), r.cluster.Clients(id)...)
}

// rotateReplicas puts the first copy of each partition of the system last.
func (r *run) rotateReplicas() {
	r.ask("reassignment", func(ctx context.Context) error {
		topics, err := r.email.Admin.ListTopicsWithInternal(ctx)
		if err != nil {
			return err
		}
		var request kadm.AlterPartitionAssignmentsReq
		for _, topic := range topics {
			for _, p := range topic.Partitions {
				request.Assign(topic.Topic, p.Partition, append(p.Replicas[1:], p.Replicas[0]))
			}
		}
		responses, err := r.email.Admin.AlterPartitionAssignments(ctx, request)
		return errors.Join(err, responses.Error())
	})
}

func (r *run) electPreferred() {
	r.ask("election", func(ctx context.Context) error {
		_, err := r.email.Admin.ElectLeaders(ctx, kadm.ElectPreferredReplica, nil)
		return err
	})
}

// ask tries until the cluster, which may have failed a moment ago, answers.
func (r *run) ask(what string, try func(context.Context) error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 2*time.Minute)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			r.t.Fatalf("%s: %v", what, err)
		}
	}
}
