package temporal

import (
	"context"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/stats"

	"dakasync/seal"
)

// headers take down by what the calls of a client are compressed.
type headers chan string

func (h headers) HandleRPC(_ context.Context, s stats.RPCStats) {
	if in, ok := s.(*stats.InHeader); ok {
		h <- in.Compression
	}
}
func (headers) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context   { return ctx }
func (headers) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }
func (headers) HandleConn(context.Context, stats.ConnStats)                       {}

// A server answers as it is asked: compressed, if it is asked so.
func TestMessagesAreNotCompressed(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	seen := make(headers, 8)
	server := grpc.NewServer(grpc.StatsHandler(seen))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := NewClient(client.Options{HostPort: listener.Addr().String()}, new(seal.Codec), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	_, err = c.CheckHealth(t.Context(), &client.CheckHealthRequest{})
	require.Error(t, err, "it serves nothing")
	require.Empty(t, <-seen)
}
