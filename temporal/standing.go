package temporal

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"dakasync/ops"
	"dakasync/workflows"
)

// How long a fresh search attribute is waited for before an error is returned,
// and how often it is tried meanwhile.
const (
	attributeWait  = 20 * time.Second
	attributePause = 250 * time.Millisecond
)

// standing is the value of every search attribute of the standing run. It
// carries them all, so that its start proves that the server accepts them.
const standing = "standing"

// ensureResync starts the standing re-sync unless it runs.
func (s Setup) ensureResync(ctx context.Context, c Client) error {
	options := workflows.ResyncOptions(s.Queue, s.CorpID)
	attributes := make([]temporal.SearchAttributeUpdate, 0, len(workflows.SearchAttributes()))
	for _, name := range workflows.SearchAttributes() {
		attributes = append(attributes, temporal.NewSearchAttributeKeyKeyword(name).ValueSet(standing))
	}
	options.TypedSearchAttributes = temporal.NewSearchAttributes(attributes...)

	wait, cancel := context.WithTimeout(ctx, attributeWait)
	defer cancel()
	for {
		err := startResync(ctx, c, options)
		if err == nil {
			return nil
		}
		if !refusesAttributes(err) {
			return fmt.Errorf("start the standing run %s: %w", options.ID, err)
		}
		if !ops.Sleep(wait, attributePause) {
			return attributesError(s.Namespace, err)
		}
	}
}

func startResync(ctx context.Context, c Client, options client.StartWorkflowOptions) error {
	_, err := c.ExecuteWorkflow(ctx, options, workflows.TypeResync, workflows.ResyncState{})
	return err // The caller tells the kinds apart and wraps.
}
