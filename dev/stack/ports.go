package stack

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// ports are where this run listens: the customary places where they are free.
type ports struct {
	postgres, temporal, ui, simulator, worker, starter int
}

func choosePorts(ctx context.Context) (ports, error) {
	chosen := ports{postgres: 54329, temporal: 7233, ui: 8233, simulator: 8765, worker: 8080, starter: 8081}
	for _, port := range []*int{&chosen.postgres, &chosen.temporal, &chosen.ui, &chosen.simulator, &chosen.worker, &chosen.starter} {
		free, err := freePort(ctx, *port)
		if err != nil {
			return ports{}, err
		}
		*port = free
	}
	return chosen, nil
}

// freePort is the wanted port, or any other when it is taken.
func freePort(ctx context.Context, wanted int) (int, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", local(wanted))
	if err != nil {
		if listener, err = new(net.ListenConfig).Listen(ctx, "tcp", local(0)); err != nil {
			return 0, fmt.Errorf("find a free port: %w", err)
		}
	}
	defer func() { _ = listener.Close() }()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: unexpected address %s", listener.Addr())
	}
	return address.Port, nil
}

func local(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
