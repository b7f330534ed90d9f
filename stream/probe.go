package stream

import (
	"context"

	"github.com/open-dingtalk/dingtalk-stream-sdk-go/client"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/payload"
	"github.com/open-dingtalk/dingtalk-stream-sdk-go/utils"

	"dakasync/privacy"
)

// Probe opens a connection through the gateway and closes it: nil says that the
// app is let in, receives in Stream mode, and that the network lets it. It asks
// for no events, so that none comes to it; one that DingTalk would send all the
// same is not acknowledged, and comes again to somebody who stays.
func Probe(ctx context.Context, apiURL, clientID string, secret privacy.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	ping := func(context.Context, *payload.DataFrame) (*payload.DataFrameResponse, error) {
		return payload.NewSuccessDataFrameResponse(), nil
	}
	c := newClient(apiURL, clientID, secret, client.WithSubscription(utils.SubscriptionTypeKSystem, "ping", ping))
	defer c.Close()
	return explain(c.Start(ctx))
}

// newClient makes a client of the SDK that dials when it is told to, and once.
func newClient(apiURL, clientID string, secret privacy.Secret, more ...client.ClientOption) *client.StreamClient {
	return client.NewStreamClient(append(more,
		client.WithAppCredential(client.NewAppCredentialConfig(clientID, secret.Reveal())),
		client.WithOpenApiHost(apiURL),
		client.WithAutoReconnect(false),
	)...)
}
