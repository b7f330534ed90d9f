package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

// jsonFlag gives a command the flag that every command has which ends with an answer.
func jsonFlag(c *cobra.Command, asJSON *bool) {
	c.Flags().BoolVar(asJSON, "json", false, "print JSON, for programs")
}

// aside is the app whose lines go to standard error where standard output is for
// JSON alone.
func (a *app) aside(asJSON bool) *app {
	if !asJSON {
		return a
	}
	b := *a
	b.out = a.errOut
	return &b
}

// sayJSON writes an answer for programs.
func (a *app) sayJSON(v any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// requested is what a command that asks for work answers to programs.
type requested struct {
	From       string   `json:"from,omitempty"`
	To         string   `json:"to,omitempty"`
	Users      []string `json:"user_ids,omitempty"` // everybody if empty
	Schedule   string   `json:"schedule,omitempty"` // that was triggered
	WorkflowID string   `json:"workflow_id,omitempty"`
	Already    bool     `json:"already_running,omitempty"` // nothing was started
	Cost       *cost    `json:"cost,omitempty"`
	Progress   any      `json:"progress,omitempty"` // at the end; only with --wait
}

// cost is what a request is reckoned to cost.
type cost struct {
	Calls   int    `json:"calls,omitempty"` // 0 if nobody knows
	AtLeast bool   `json:"at_least,omitempty"`
	Users   int    `json:"users,omitempty"`
	Days    int    `json:"days"`
	Left    *int   `json:"left,omitempty"`    // of this month's calls; absent if there is no bound or nobody knows
	Unknown string `json:"unknown,omitempty"` // why something of this is not known
	Forced  string `json:"forced,omitempty"`  // what spoke against it
}
