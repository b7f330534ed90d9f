package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
)

// The servers that a program speaks to.
const (
	toDingTalk   = "DingTalk"
	toPostgreSQL = "PostgreSQL"
	toTemporal   = "Temporal"
)

// linkName is how faults name the way between a program and a server.
func linkName(program, server string) string { return program + "-" + server }

// link is the way between one program and one server. It can be cut, and made slow, deaf or broken in both directions.
type link struct {
	proxy *toxiproxy.Proxy
}

// newLinks makes the six ways between the two programs and the three servers (host:port each).
func newLinks(t *testing.T, servers map[string]string) map[string]*link {
	t.Helper()
	hub := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	links := map[string]*link{}
	for _, program := range []string{starter, worker} {
		for server, address := range servers {
			name := linkName(program, server)
			made := &link{proxy: toxiproxy.NewProxy(hub, name, reservedAddress(t), address)}
			require.NoError(t, made.proxy.Start())
			t.Cleanup(made.proxy.Stop)
			links[name] = made
		}
	}
	return links
}

func (l *link) address() string { return l.proxy.Listen }

// cut closes what is open and refuses what comes.
func (l *link) cut() error {
	return bounded("cut", func() error { l.proxy.Stop(); return nil })
}

// mend undoes a cut.
func (l *link) mend() error { return bounded("mend", l.proxy.Start) }

// poison adds a toxic in both directions.
func (l *link) poison(kind string, attributes map[string]any) error {
	return bounded(kind, func() error {
		var failures []error
		for _, direction := range []string{"upstream", "downstream"} {
			encoded, err := json.Marshal(map[string]any{"type": kind, "stream": direction, "toxicity": 1, "attributes": attributes})
			if err != nil {
				return err
			}
			_, err = l.proxy.Toxics.AddToxicJson(strings.NewReader(string(encoded)))
			failures = append(failures, err)
		}
		return errors.Join(failures...)
	})
}

// cure takes all toxics away.
func (l *link) cure() error {
	return bounded("cure", func() error { l.proxy.Toxics.ResetToxics(context.Background()); return nil })
}

// bounded keeps a proxy that does not come back from holding up everything.
func bounded(what string, do func() error) error {
	const most = 20 * time.Second
	done := make(chan error, 1)
	go func() { done <- do() }()
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	case <-timer.C:
		return fmt.Errorf("%s: the proxy did not do it within %s", what, most)
	}
}

// nextPort counts through the ports that are handed out, from a place of chance on: no two of this process get the same one.
var nextPort = func() *atomic.Int64 {
	var next atomic.Int64
	next.Store(rand.Int64N(portSpan))
	return &next
}()

// The ports lie outside the range from which the kernel deals them out.
const lowestPort, portSpan = 12_000, 20_000

// reservedAddress is a loopback address that nobody listens on, and that nobody else will be given: what goes away for a while finds it
// free when it comes back.
func reservedAddress(t *testing.T) string {
	t.Helper()
	return reservedOn(t, ownLoopback())
}

// ownLoopback is a loopback host of this process's own, where the system has more than one.
func ownLoopback() string {
	if runtime.GOOS != "linux" {
		return loopback
	}
	pid := os.Getpid()
	return fmt.Sprintf("127.%d.%d.1", 1+pid>>8&0x7f, pid&0xff)
}

const loopback = "127.0.0.1"

func reservedOn(t *testing.T, host string) string {
	t.Helper()
	for range portSpan {
		address := net.JoinHostPort(host, strconv.FormatInt(lowestPort+nextPort.Add(1)%portSpan, 10))
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		if err != nil {
			continue
		}
		require.NoError(t, listener.Close())
		return address
	}
	require.Fail(t, "no port is free")
	return ""
}

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	require.NoError(t, err)
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	return port
}
