package main

import (
	"github.com/spf13/cobra"

	"dakasync/workflows"
)

func (a *app) drainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "drain",
		Short: "Read the events that DingTalk could not push, now",
		Long:  "Triggers the schedule " + workflows.ScheduleDrain + ", which otherwise acts every DAKASYNC_DRAIN_INTERVAL.",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return a.trigger(c.Context(), workflows.ScheduleDrain) },
	}
}
