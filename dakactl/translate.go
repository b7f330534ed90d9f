package main

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// translate puts the help of every command into the person's language.
func (a *app) translate(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	a.translateCommand(root)
	root.SetUsageTemplate(a.usageTemplate(root.UsageTemplate()))
}

func (a *app) translateCommand(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	c.InitDefaultVersionFlag()
	c.Short, c.Long = a.text(c.Short), a.text(c.Long)
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			f.Usage = "help for this command"
		}
		f.Usage = a.text(f.Usage)
	})
	for _, sub := range c.Commands() {
		a.translateCommand(sub)
	}
}

// usageHeadings are the words of cobra's template that a person reads.
func usageHeadings() []string {
	return []string{
		"Usage:", "Examples:", "Available Commands:", "Flags:", "Global Flags:", "Additional help topics:", "Aliases:",
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`,
	}
}

// usageTemplate is cobra's with our headings. "Global Flags:" goes before "Flags:",
// which is in it.
func (a *app) usageTemplate(template string) string {
	pairs := []string{}
	for _, heading := range usageHeadings() {
		pairs = append(pairs, "\n"+heading, "\n"+a.text(heading))
		if strings.HasPrefix(template, heading) {
			pairs = append(pairs, heading, a.text(heading))
		}
	}
	return strings.NewReplacer(pairs...).Replace(template)
}

// offer gives a flag's values to the shell, to be completed.
func offer(c *cobra.Command, flag string, values []string) {
	_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)) // fails for a flag that is not there, which a test sees
}

// completeFiles offers files for flags that name one.
func completeFiles(c *cobra.Command, flags ...string) {
	for _, flag := range flags {
		_ = c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)) // as in offer
	}
}
