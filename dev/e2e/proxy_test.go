package e2e_test

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands before a server that can be away: closed, it resets what is open and refuses what comes.
type proxy struct {
	t        *testing.T
	target   string
	address  string
	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]struct{}
}

// newProxy is closed at first.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	p := &proxy{t: t, target: target, address: freeAddress(t), open: map[net.Conn]struct{}{}}
	t.Cleanup(p.close)
	return p
}

// openUp lets connections through.
func (p *proxy) openUp() {
	p.t.Helper()
	listener, err := new(net.ListenConfig).Listen(p.t.Context(), "tcp", p.address)
	require.NoError(p.t, err)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listener = listener
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			go p.join(from)
		}
	}()
}

func (p *proxy) join(from net.Conn) {
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		_ = from.Close()
		return
	}
	p.mu.Lock()
	if p.listener == nil { // closed meanwhile
		p.mu.Unlock()
		_, _ = from.Close(), to.Close()
		return
	}
	p.open[from], p.open[to] = struct{}{}, struct{}{}
	p.mu.Unlock()
	pipe := func(a, b net.Conn) {
		_, _ = io.Copy(a, b)
		_, _ = a.Close(), b.Close()
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.open, a)
	}
	go pipe(from, to)
	go pipe(to, from)
}

// close makes the server be away.
func (p *proxy) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	for connection := range p.open {
		_ = connection.Close()
	}
}
