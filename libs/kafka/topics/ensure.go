package topics

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// settleTime is how long a created topic may take to show up at the brokers.
const settleTime = time.Minute

// Ensure creates the topics that are missing and aligns the settings and the
// partition counts of our own. It never touches a source that exists: its
// partition count and limits are the measure of the others. Nothing is ever
// shrunk or shortened: retention and sizes are minimums.
//
// It may be repeated at any time. The diff shows what was done, even if the error names
// topics that could not be changed; the error names all of them.
func Ensure(ctx context.Context, adm *kadm.Client, c Config) (Diff, error) {
	e := ensurer{adm: adm, cfg: c}
	diff, err := e.run(ctx)
	// Another Ensure was faster: compare its topics once all brokers know them.
	for pause := 50 * time.Millisecond; errors.Is(err, kerr.TopicAlreadyExists) && pause < settleTime/2; pause *= 2 {
		select {
		case <-ctx.Done():
			return diff, err
		case <-time.After(pause):
		}
		var again Diff
		again, err = e.run(ctx)
		diff = again.after(diff)
	}
	return diff, err
}

// Plan returns the diff that Ensure would bring about and changes nothing.
func Plan(ctx context.Context, adm *kadm.Client, c Config) (Diff, error) {
	return ensurer{adm: adm, cfg: c, dry: true}.run(ctx)
}

type ensurer struct {
	adm *kadm.Client
	cfg Config
	dry bool
}

func (e ensurer) run(ctx context.Context) (Diff, error) {
	if err := e.cfg.validate(); err != nil {
		return nil, err
	}
	all := e.cfg.All()
	cluster, err := look(ctx, e.adm, all)
	if err != nil {
		return nil, err
	}
	lanes := e.lanes(all, cluster)
	// The source comes first: once it exists, its limits are known.
	source, err := e.pass(ctx, all[:1], lanes)
	if err != nil {
		return source, err
	}
	diff, err := e.pass(ctx, all, lanes)
	if len(diff) > 0 {
		diff[0] = source[0]
	}
	return diff, err
}

// lanes returns how many partitions the source has or is to have. Without a source, our
// own topics show how many it had: partitions can never be removed.
func (e ensurer) lanes(topics []Topic, cluster map[string]state) int32 {
	if source := cluster[e.cfg.Source]; source.exists() {
		return source.partitions
	}
	lanes := e.cfg.Partitions
	for _, t := range topics {
		if !t.single() {
			lanes = max(lanes, cluster[t.Name].partitions)
		}
	}
	return lanes
}

// pass compares the topics with the cluster and makes the changes.
func (e ensurer) pass(ctx context.Context, topics []Topic, lanes int32) (Diff, error) {
	cluster, err := look(ctx, e.adm, topics)
	if err != nil {
		return nil, err
	}
	f := factsOf(e.cfg, topics, cluster)
	var diff Diff
	var faults []error
	for _, t := range topics {
		s := cluster[t.Name]
		change, err := t.change(s, lanes, f)
		if err == nil {
			err = e.apply(ctx, change, f.replicas)
		}
		if t.Role != RoleSource && s.exists() {
			err = errors.Join(err, t.tooFew(s, f))
		}
		if err != nil {
			change.Failed = true
			faults = append(faults, fmt.Errorf("%s: %w", t.Name, err))
		}
		diff = append(diff, change)
	}
	if err := errors.Join(faults...); err != nil || e.dry {
		return diff, err
	}
	return diff, e.settle(ctx, topics)
}

func (e ensurer) apply(ctx context.Context, c Change, replicas int) error {
	switch {
	case e.dry || c.Kind == Unchanged:
		return nil
	case c.Kind == Created:
		return e.create(ctx, c, replicas)
	default:
		return errors.Join(e.grow(ctx, c), e.alter(ctx, c))
	}
}

func (e ensurer) create(ctx context.Context, c Change, replicas int) error {
	configs := make(map[string]*string, len(c.Settings))
	for _, s := range c.Settings {
		configs[s.Name] = kadm.StringPtr(s.To)
	}
	response, err := e.adm.CreateTopic(ctx, c.Partitions, int16(replicas), configs, c.Topic) //nolint:gosec // Kafka counts replicas in 16 bits
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("another process created it just now: %w", err)
	}
	return explained(err, response.ErrMessage)
}

// explained adds the broker's message, if there is one, to its error code.
func explained(err error, words string) error {
	if err == nil || words == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, words)
}

func (e ensurer) grow(ctx context.Context, c Change) error {
	if c.Partitions == c.PartitionsBefore {
		return nil
	}
	responses, err := e.adm.UpdatePartitions(ctx, int(c.Partitions), c.Topic)
	if err == nil {
		err = responses.Error()
	}
	if err != nil {
		return fmt.Errorf("add partitions: %w", err)
	}
	return nil
}

func (e ensurer) alter(ctx context.Context, c Change) error {
	if len(c.Settings) == 0 {
		return nil
	}
	var configs []kadm.AlterConfig
	for _, s := range c.Settings {
		configs = append(configs, kadm.AlterConfig{Op: kadm.SetConfig, Name: s.Name, Value: kadm.StringPtr(s.To)})
	}
	responses, err := e.adm.AlterTopicConfigs(ctx, configs, c.Topic)
	for _, r := range responses {
		err = errors.Join(err, explained(r.Err, r.ErrMessage))
	}
	if err != nil {
		return fmt.Errorf("change settings: %w", err)
	}
	return nil
}

// settle waits until all topics can be seen: brokers learn of a new topic a moment
// after it was created, and a worker that starts in between would report it as missing.
func (e ensurer) settle(ctx context.Context, topics []Topic) error {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for pause := 10 * time.Millisecond; ; pause = min(2*pause, time.Second) {
		cluster, err := look(ctx, e.adm, topics)
		if err == nil && len(cluster) == len(topics) {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the created topics did not show up at the brokers"), err)
		case <-time.After(pause):
		}
	}
}
