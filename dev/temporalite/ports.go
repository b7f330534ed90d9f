package temporalite

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// ports are where the services listen, all on loopback.
type ports struct {
	frontend, history, matching, worker, ui int
}

// choosePorts takes the preferred ports where they are free, and free ones else. They are held together until all are found, so that they
// differ; between letting go and the server's own listening somebody else may take one, which ends in an error.
func choosePorts(ctx context.Context, options Options) (ports, error) {
	chosen := ports{frontend: options.FrontendPort, ui: options.UIPort}
	var held []net.Listener
	defer func() {
		for _, listener := range held {
			_ = listener.Close()
		}
	}()
	for _, port := range []*int{&chosen.frontend, &chosen.history, &chosen.matching, &chosen.worker, &chosen.ui} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address(*port))
		if err != nil && *port != 0 {
			listener, err = new(net.ListenConfig).Listen(ctx, "tcp", address(0))
		}
		if err != nil {
			return ports{}, fmt.Errorf("find a port: %w", err)
		}
		held = append(held, listener)
		bound, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			return ports{}, errors.New("find a port: not a TCP address")
		}
		*port = bound.Port
	}
	return chosen, nil
}
