package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

const (
	// clientHost is where the links of the programs under test begin.
	clientHost = "127.0.0.2"
	// peerName is what each broker calls the others; it leads to linkHost.
	peerName = "peer"
)

// linkHost is where the links of broker i to the others, and to itself, begin.
func linkHost(i int) string { return fmt.Sprintf("127.0.1.%d", i+1) }

// Link is a part of a cluster's network. A cut link carries nothing and says nothing, as a network that drops packets
// does; mending it breaks its connections.
type Link []*toxiproxy.Proxy

// Cut lets nothing through in either direction.
func (l Link) Cut(t testing.TB) {
	t.Helper()
	l.add(t, `{"type":"timeout","attributes":{"timeout":0}}`)
}

// Slow delays all that goes through, in either direction.
func (l Link) Slow(t testing.TB, by time.Duration) {
	t.Helper()
	l.add(t, fmt.Sprintf(`{"type":"latency","attributes":{"latency":%d,"jitter":%d}}`, by.Milliseconds(), by.Milliseconds()/2))
}

func (l Link) add(t testing.TB, toxic string) {
	t.Helper()
	for _, proxy := range l {
		for _, stream := range []string{"upstream", "downstream"} {
			if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(strings.Replace(toxic, "{", `{"stream":"`+stream+`",`, 1))); err != nil {
				t.Fatalf("link %s: %v", proxy.Name, err)
			}
		}
	}
}

// Mend undoes Cut and Slow.
func (l Link) Mend() {
	for _, proxy := range l {
		proxy.Toxics.ResetToxics(context.Background())
	}
}

// links are all links of a cluster.
type links struct {
	addr    string
	clients []Link   // by broker
	peers   [][]Link // by the broker that connects, and the one that it connects to
}

// Clients returns the link between a broker and the programs under test.
func (c *Cluster) Clients(id int32) Link { return c.links.clients[id-1] }

// To returns the links by which the others reach a broker, and its controller.
func (c *Cluster) To(id int32) (l Link) {
	for i := range c.Nodes {
		if i != int(id)-1 {
			l = append(l, c.links.peers[i][id-1]...)
		}
	}
	return l
}

// Around returns all links between a broker and the others.
func (c *Cluster) Around(id int32) (l Link) {
	for i := range c.Nodes {
		if i != int(id)-1 {
			l = append(l, c.links.peers[id-1][i]...)
		}
	}
	return append(l, c.To(id)...)
}

func openLinks(all []nodePorts) (l links, err error) {
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	open := func(from string, port uint16) *toxiproxy.Proxy {
		proxy := toxiproxy.NewProxy(server, fmt.Sprintf("%s:%d", from, port), fmt.Sprintf("%s:%d", from, port), address(port))
		err = errors.Join(err, proxy.Start())
		return proxy
	}
	var addrs []string
	for _, p := range all {
		client := open(clientHost, p.client)
		addrs, l.clients = append(addrs, client.Listen), append(l.clients, Link{client})
	}
	l.addr = strings.Join(addrs, ",")
	l.peers = make([][]Link, len(all))
	for i := range all {
		for _, p := range all {
			l.peers[i] = append(l.peers[i], Link{open(linkHost(i), p.peer), open(linkHost(i), p.controller)})
		}
	}
	return l, err
}

// close closes the links, mended first: a cut one would keep what it still carries.
func (l links) close() {
	for _, from := range append(l.peers, l.clients) {
		for _, link := range from {
			link.Mend()
			for _, proxy := range link {
				proxy.Stop()
			}
		}
	}
}
