package health

import "testing"

func TestAllInterfacesAreAskedOnLoopback(t *testing.T) {
	for addr, want := range map[string]string{
		"0.0.0.0:1": "127.0.0.1:1", ":1": "127.0.0.1:1", "[::]:1": "[::1]:1", "10.0.0.1:1": "10.0.0.1:1", "worker:1": "worker:1",
	} {
		if got, err := loopback(addr); err != nil || got != want {
			t.Errorf("%s is asked at %s (%v), want %s", addr, got, err, want)
		}
	}
}
