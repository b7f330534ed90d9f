package main

import (
	"context"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/workflows"
)

func (a *app) drainCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "drain [--json]",
		Short: "Read the events that DingTalk could not push, now",
		Long:  "Triggers the schedule " + workflows.ScheduleDrain + ", which otherwise acts every DAKASYNC_DRAIN_INTERVAL.",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.drain(c.Context(), asJSON) },
	}
	jsonFlag(c, &asJSON)
	return c
}

func (a *app) drain(ctx context.Context, asJSON bool) error {
	settings, err := config.Load(config.ForTemporal)
	if err != nil {
		return err
	}
	return a.trigger(ctx, settings, workflows.ScheduleDrain, nil, asJSON)
}
