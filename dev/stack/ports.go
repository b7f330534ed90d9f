package stack

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// The customary places, taken where they are free.
const (
	postgresPort  = 54329
	temporalPort  = 7233
	uiPort        = 8233
	simulatorPort = 8765
	workerPort    = 8080
	starterPort   = 8081
)

// ports are where the programs of this run listen.
type ports struct{ simulator, worker, starter int }

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
