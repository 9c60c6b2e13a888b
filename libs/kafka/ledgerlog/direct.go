package ledgerlog

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// direct is the client that reads ledgers. All lanes that are read at the same time
// share it, and so one connection to each broker. The zero value is ready. It is safe
// for concurrent use.
type direct struct {
	mu     sync.Mutex
	client *kgo.Client
	users  int
}

// borrow returns the client, and creates it with opts if it is not in use. The last
// user's done closes it.
func (d *direct) borrow(opts []kgo.Opt) (client *kgo.Client, done func(), err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users == 0 {
		if d.client, err = kgo.NewClient(opts...); err != nil {
			return nil, nil, err
		}
	}
	d.users++
	return d.client, d.give, nil
}

func (d *direct) give() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users--; d.users == 0 {
		d.client.Close()
		d.client = nil
	}
}
