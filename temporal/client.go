package temporal

import (
	"context"
	"fmt"
	"log/slog"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"dakasync/seal"
)

// NewClient makes a client that connects when it is first used. options are
// those that the environment gave (TEMPORAL_*); codec seals and opens whatever
// it sends and reads. Requests are not compressed, as the SDK would have them, and
// servers their answers then: most are a few KB, and some 8 % of the CPU time of worker
// and starter went there.
func NewClient(options client.Options, codec *seal.Codec, logger *slog.Logger) (client.Client, error) {
	codec.Seal(&options)
	options.Logger = log.NewStructuredLogger(logger)
	options.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	c, err := client.NewLazyClient(options)
	if err != nil {
		return nil, fmt.Errorf("prepare the Temporal client for %s: %w", options.HostPort, err)
	}
	return c, nil
}

// Health asks the server whether it serves. Its error says where it was looked
// for and what to set.
func Health(ctx context.Context, c client.Client, options client.Options) error {
	if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return fmt.Errorf("Temporal at %s does not answer (TEMPORAL_ADDRESS): %w", options.HostPort, err) //nolint:staticcheck // A name.
	}
	return nil
}
