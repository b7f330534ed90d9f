package temporal

import (
	"context"
	"errors"
	"fmt"

	"go.temporal.io/sdk/client"
)

// errNotPolled says that the server has not seen this build's workers yet.
var errNotPolled = errors.New("the workers of this build have not polled yet")

// PromoteFirst makes a build the current version of its deployment if the
// deployment has none: without one no run of it would ever be worked on. Which
// build follows is the operator's decision. It fails until the build has
// polled, and can simply be called again.
func PromoteFirst(ctx context.Context, c client.WorkerDeploymentClient, deployment, buildID string) error {
	handle := c.GetHandle(deployment)
	is, err := handle.Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if err != nil {
		return fmt.Errorf("read the deployment %s: %w: %w", deployment, errNotPolled, err)
	}
	if is.Info.RoutingConfig.CurrentVersion != nil {
		return nil
	}
	polled := false
	for _, version := range is.Info.VersionSummaries {
		polled = polled || version.Version.BuildID == buildID
	}
	if !polled {
		return fmt.Errorf("promote %s.%s: %w", deployment, buildID, errNotPolled)
	}
	_, err = handle.SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: buildID, ConflictToken: is.ConflictToken})
	if err != nil {
		return fmt.Errorf("make %s the current version of the deployment %s: %w", buildID, deployment, err)
	}
	return nil
}
