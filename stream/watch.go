package stream

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

// mostUnread bounds what may arrive on one connection before a frame comes out
// of it: the SDK reads a frame into memory however big it is. A list of 10,000
// records has about 3 MB; DingTalk's Java SDK takes no more than 256 KB.
const mostUnread = 32 << 20

// errOversize ends a connection.
var errOversize = errors.New("the far side sends a frame without end")

// observer hears what happens on a connection below the SDK, which tells nobody.
type observer interface {
	read()   // bytes came in
	closed() // it is gone, for whatever reason; said once
}

// wire is what the observer of one dial knows.
type wire struct {
	observer observer
	unread   atomic.Int64
}

type wireKey struct{}

// watchOnce guards gorilla's default dialer, which the SDK uses, and of which a
// process has one.
var watchOnce sync.Once

// watchDials makes every dial whose context carries a wire report to it. The
// dialer lays TLS over it, and takes the way through a proxy, as before.
func watchDials() {
	watchOnce.Do(func() {
		dial := websocket.DefaultDialer.NetDialContext
		if dial == nil {
			dial = (&net.Dialer{}).DialContext
		}
		websocket.DefaultDialer.NetDialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			w, watched := ctx.Value(wireKey{}).(*wire)
			if err != nil || !watched {
				return conn, err
			}
			return &watchedConn{Conn: conn, wire: w}, nil
		}
	})
}

// watchedConn is a connection that reports.
type watchedConn struct {
	net.Conn

	wire *wire
	once sync.Once
}

// Read reports every arrival, and fails when too much of it is no frame.
func (c *watchedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.wire.observer.read()
		if c.wire.unread.Add(int64(n)) > mostUnread {
			return 0, errors.Join(errOversize, c.Close())
		}
	}
	return n, err // The reader knows net's errors.
}

// Close reports the end once.
func (c *watchedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.wire.observer.closed)
	if err != nil {
		return fmt.Errorf("close a Stream connection: %w", err)
	}
	return nil
}
