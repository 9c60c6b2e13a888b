package topics_test

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/topics"
)

// ignorant lets the broker know none of several topics that it is asked for, as
// often as times says: brokers hear of a new topic a moment after it was made.
func ignorant(c *kfake.Cluster, times *atomic.Int32) {
	c.ControlKey(int16(kmsg.Metadata), func(request kmsg.Request) (kmsg.Response, error, bool) {
		c.KeepControl()
		asked := request.(*kmsg.MetadataRequest)
		if len(asked.Topics) < 2 || times.Add(-1) < 0 {
			return nil, nil, false
		}
		host, port, _ := net.SplitHostPort(c.ListenAddrs()[0])
		number, _ := strconv.Atoi(port)
		answer := asked.ResponseKind().(*kmsg.MetadataResponse)
		answer.Brokers = []kmsg.MetadataResponseBroker{{NodeID: 0, Host: host, Port: int32(number)}}
		for _, t := range asked.Topics {
			answer.Topics = append(answer.Topics, kmsg.MetadataResponseTopic{Topic: t.Topic, ErrorCode: kerr.UnknownTopicOrPartition.Code})
		}
		return answer, nil, true
	})
}

func TestWhatTheBrokersHaveNotHeardOfYetIsLookedAtAgain(t *testing.T) {
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	adm := kadm.NewClient(client)
	create(t, adm, topics.Resolutions, 1, nil)

	var times atomic.Int32
	ignorant(c, &times)
	times.Store(2)
	diff := ensure(t, adm, config())
	if times.Load() >= 0 {
		t.Fatal("the broker was not asked often enough")
	}
	lines := strings.Split(diff.String(), "\n")
	for _, want := range []string{"+ notifications.sms.ledger ", "~ " + topics.Resolutions} {
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, want) }) {
			t.Errorf("no line begins with %q:\n%s", want, diff)
		}
	}
	if diff := ensure(t, adm, config()); !diff.Empty() {
		t.Errorf("done again, it does something:\n%s", diff)
	}
}
