package kafkatest

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Each link carries what it is given until it is cut, in the direction that was
// asked for, and again when it is mended.
func TestLinksAreCutSlowedDownAndMended(t *testing.T) {
	c, ports := echoes(t)
	client := talk(clientHost, ports[1].client)
	all := map[string]func() error{
		"client": client, "to": talk(linkHost(0), ports[1].peer),
		"from": talk(linkHost(1), ports[0].controller), "beside": talk(linkHost(0), ports[2].peer),
	}
	want(t, "at first", all)
	c.Clients(2).Cut(t)
	want(t, "cut off from clients", all, "client")
	c.Clients(2).Mend()
	c.To(2).Cut(t)
	want(t, "not to be reached by its peers", all, "to")
	c.To(2).Mend()
	c.Around(2).Cut(t)
	want(t, "cut off from its peers", all, "to", "from")
	c.Around(2).Mend()
	want(t, "at last", all)
	c.Clients(2).Slow(t, 100*time.Millisecond)
	begin := time.Now()
	if err := client(); err != nil || time.Since(begin) < 100*time.Millisecond {
		t.Errorf("a slow link: %v after %s", err, time.Since(begin))
	}
}

// want fails the test unless exactly those that are silent do not answer.
func want(t *testing.T, when string, all map[string]func() error, silent ...string) {
	t.Helper()
	for name, ask := range all {
		err := ask()
		if slices.Contains(silent, name) != errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: %s: %v", when, name, err)
		}
	}
}

// talk returns what sends a word over a new connection and waits for its echo.
func talk(from string, port uint16) func() error {
	return func() error {
		conn, err := net.Dial("tcp", net.JoinHostPort(from, strconv.Itoa(int(port))))
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close() }()
		if _, err := io.WriteString(conn, "word"); err != nil {
			return err
		}
		if err := conn.SetReadDeadline(time.Now().Add(2 * time.Second)); err != nil {
			return err
		}
		_, err = io.ReadFull(conn, make([]byte, len("word")))
		return err
	}
}

// echoes is the network of a cluster whose brokers say what is said to them.
func echoes(t *testing.T) (*Cluster, []nodePorts) {
	t.Helper()
	all := make([]nodePorts, nodes)
	for i := range all {
		var err error
		if all[i], err = chooseNodePorts(); err != nil {
			t.Fatal(err)
		}
		for _, port := range []uint16{all[i].client, all[i].peer, all[i].controller} {
			echo(t, port)
		}
	}
	links, err := openLinks(all)
	t.Cleanup(links.close)
	if err != nil {
		t.Fatal(err)
	}
	return &Cluster{Nodes: make([]*Broker, nodes), links: links}, all
}

func echo(t *testing.T, port uint16) {
	t.Helper()
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(conn, conn) }()
		}
	}()
}
