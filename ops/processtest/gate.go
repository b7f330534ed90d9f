package processtest

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Gate stands before a server and can be opened and shut: a server that is
// away, comes, and goes.
type Gate struct {
	Addr   string // where clients look for the server
	target string

	mu       sync.Mutex
	listener net.Listener
	conns    []net.Conn
}

// NewGate makes a gate before target (host:port), shut.
func NewGate(t *testing.T, target string) *Gate {
	t.Helper()
	g := &Gate{Addr: FreeAddr(t), target: target}
	t.Cleanup(g.Shut)
	return g
}

// Open lets clients through.
func (g *Gate) Open(t *testing.T) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", g.Addr)
	require.NoError(t, err)
	g.mu.Lock()
	g.listener = l
	g.mu.Unlock()
	go g.accept(context.WithoutCancel(t.Context()), l)
}

// Shut refuses clients and cuts those that are through.
func (g *Gate) Shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.listener != nil {
		_ = g.listener.Close()
		g.listener = nil
	}
	for _, c := range g.conns {
		_ = c.Close()
	}
	g.conns = nil
}

func (g *Gate) accept(ctx context.Context, l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		server, err := (&net.Dialer{}).DialContext(ctx, "tcp", g.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		g.mu.Lock()
		g.conns = append(g.conns, client, server)
		g.mu.Unlock()
		go pipe(client, server)
		go pipe(server, client)
	}
}

func pipe(to, from net.Conn) {
	_, _ = io.Copy(to, from) // ends when either side does
	_ = to.Close()
	_ = from.Close()
}
