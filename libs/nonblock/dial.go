package nonblock

import (
	"context"
	"net"
)

// DialFunc connects to an address, as net.Dialer.DialContext does.
type DialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// Dial returns a function that dials as d does and returns connections of this package.
func Dial(d *net.Dialer) DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return New(c), nil
	}
}
