package topics

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// state is a topic as the cluster has it; the zero state is a topic that does
// not exist.
type state struct {
	partitions int32
	replicas   int
	configs    map[string]string
	// hidden is the reason why the settings could not be read; nil if they were.
	hidden error
}

func (s state) exists() bool { return s.partitions > 0 }

func (s state) number(name string, otherwise int64) int64 {
	n, err := strconv.ParseInt(s.configs[name], 10, 64)
	if err != nil {
		return otherwise
	}
	return n
}

// look reads the topics from the cluster. An error means that the cluster could not be
// asked; problems of one topic are in its state.
func look(ctx context.Context, adm *kadm.Client, topics []Topic) (map[string]state, error) {
	names := make([]string, len(topics))
	for i, t := range topics {
		names[i] = t.Name
	}
	// Asked with authorized operations, the client does not answer from its
	// cache, which is up to five seconds old.
	details, err := adm.ListTopics(kadm.WithAuthorizedOps(ctx), names...)
	if err != nil {
		return nil, fmt.Errorf("list topics: %w", err)
	}
	cluster := make(map[string]state, len(names))
	var existing []string
	for _, name := range names {
		d, listed := details[name]
		switch {
		case !listed, errors.Is(d.Err, kerr.UnknownTopicOrPartition):
		case d.Err != nil:
			return nil, fmt.Errorf("topic %s: %w", name, d.Err)
		case len(d.Partitions) > 0:
			cluster[name] = state{partitions: int32(len(d.Partitions)), replicas: replicas(d.Partitions)} //nolint:gosec // Kafka counts partitions in 32 bits
			existing = append(existing, name)
		}
	}
	return cluster, readConfigs(ctx, adm, cluster, existing)
}

// replicas returns the smallest number of replicas of any partition.
func replicas(partitions kadm.PartitionDetails) int {
	least := math.MaxInt
	for _, p := range partitions {
		least = min(least, len(p.Replicas))
	}
	return least
}

// readConfigs reads the settings of the topics with those names. Without the right to
// see one of them, the whole answer is an error that does not name the topic: then each
// is requested separately.
func readConfigs(ctx context.Context, adm *kadm.Client, cluster map[string]state, names []string) error {
	described, err := adm.DescribeTopicConfigs(ctx, names...)
	var denied *kadm.AuthError
	if errors.As(err, &denied) {
		described, err = describeEach(ctx, adm, names)
	}
	if err != nil {
		return fmt.Errorf("describe topic settings: %w", err)
	}
	for _, resource := range described {
		s := cluster[resource.Name]
		s.hidden = resource.Err
		s.configs = make(map[string]string, len(resource.Configs))
		for _, c := range resource.Configs {
			s.configs[c.Key] = c.MaybeValue()
		}
		cluster[resource.Name] = s
	}
	return nil
}

func describeEach(ctx context.Context, adm *kadm.Client, names []string) (all kadm.ResourceConfigs, err error) {
	for _, name := range names {
		described, err := adm.DescribeTopicConfigs(ctx, name)
		var denied *kadm.AuthError
		switch {
		case errors.As(err, &denied):
			all = append(all, kadm.ResourceConfig{Name: name, Err: err})
		case err != nil:
			return nil, err
		default:
			all = append(all, described...)
		}
	}
	return all, nil
}
