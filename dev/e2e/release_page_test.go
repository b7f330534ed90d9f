package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	batchpb "go.temporal.io/api/batch/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

// releasePage are the commands of docs/operations.md, section Releasing. Each is carried out as it stands there.
type releasePage struct {
	*deployment
	commands [][]string
	done     []bool
}

// word is a word of a shell's command line, quoted or not.
var word = regexp.MustCompile(`"([^"$\\]*)"|'([^']*)'|([^\s"']+)`)

func readReleasePage(d *deployment) *releasePage {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, "docs", "operations.md"))
	require.NoError(d.t, err)
	section := regexp.MustCompile(`(?ms)^## Releasing\n(.*?)^## `).FindStringSubmatch(string(text) + "\n## ")
	require.NotNil(d.t, section)
	p := &releasePage{deployment: d}
	for _, line := range regexp.MustCompile(`(?m)^    (\S.*)$`).FindAllStringSubmatch(section[1], -1) {
		var words []string
		for _, match := range word.FindAllStringSubmatch(line[1], -1) {
			words = append(words, match[1]+match[2]+match[3])
		}
		p.commands = append(p.commands, words)
	}
	p.done = make([]bool, len(p.commands))
	return p
}

// next is the first command on the page, after those that were carried out already, that begins with these words.
func (p *releasePage) next(words string) []string {
	p.t.Helper()
	for i, command := range p.commands {
		if !p.done[i] && strings.HasPrefix(strings.Join(command, " ")+" ", words+" ") {
			p.done[i] = true
			p.t.Logf("$ %s", strings.Join(command, " "))
			return command
		}
	}
	require.Fail(p.t, "the page has no such command", words)
	return nil
}

// run carries out the page's next command that begins so, and tells what it said.
func (p *releasePage) run(words string) string {
	p.t.Helper()
	return p.execute(p.next(words))
}

// execute lets Temporal's own command carry one out, or does by the SDK what it does.
func (p *releasePage) execute(command []string) string {
	p.t.Helper()
	var out string
	var err error
	if *temporalCommand != "" {
		child := exec.CommandContext(p.t.Context(), *temporalCommand, command[1:]...)
		child.Env = []string{
			"HOME=" + p.logs, "TEMPORAL_ADDRESS=" + sharedCluster.Temporal.Address(), "TEMPORAL_NAMESPACE=" + p.name,
		}
		var text []byte
		text, err = child.CombinedOutput()
		out = string(text)
	} else {
		out, err = standIn{p.deployment}.execute(p.t.Context(), command)
	}
	require.NoError(p.t, err, "%s\n%s", strings.Join(command, " "), out)
	return out
}

// requireAllDone: nothing stands on the page that was not carried out.
func (p *releasePage) requireAllDone() {
	p.t.Helper()
	require.NotEmpty(p.t, p.commands)
	for i, command := range p.commands {
		require.True(p.t, p.done[i], "never carried out: %s", strings.Join(command, " "))
	}
}

// valueOf is a flag's in a command.
func (p *releasePage) valueOf(command []string, name string) string {
	p.t.Helper()
	i := slices.Index(command, name)
	require.GreaterOrEqual(p.t, i, 0, "%v has no %s", command, name)
	return command[i+1]
}

// set is what a helm command sets.
func (p *releasePage) set(command []string) map[string]string {
	p.t.Helper()
	set := map[string]string{}
	for i, w := range command {
		if w == "--set" {
			name, value, ok := strings.Cut(command[i+1], "=")
			require.True(p.t, ok, "%v", command)
			set[name] = value
		}
	}
	return set
}

// standIn does by the SDK what some of the temporal command's commands do, with the flags of theirs that it knows.
type standIn struct{ *deployment }

func (s standIn) execute(ctx context.Context, command []string) (string, error) {
	flags := flag.NewFlagSet(strings.Join(command, " "), flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	name, buildID := flags.String("deployment-name", "", ""), flags.String("build-id", "", "")
	kinds := map[string]func() (string, error){
		"worker deployment describe": func() (string, error) { return s.describe(ctx, *name) },
		"worker deployment describe-version": func() (string, error) {
			return s.describeVersion(ctx, *name, *buildID)
		},
		"worker deployment set-current-version": func() (string, error) {
			_, err := s.handle(*name).SetCurrentVersion(ctx, client.WorkerDeploymentSetCurrentVersionOptions{BuildID: *buildID})
			return "", err
		},
	}
	percentage := flags.Float64("percentage", 0, "")
	kinds["worker deployment set-ramping-version"] = func() (string, error) {
		options := client.WorkerDeploymentSetRampingVersionOptions{BuildID: *buildID, Percentage: float32(*percentage)}
		_, err := s.handle(*name).SetRampingVersion(ctx, options)
		return "", err
	}
	flags.StringVar(name, "name", "", "")
	flags.Bool("yes", false, "")
	query, behavior, reason := flags.String("query", "", ""), flags.String("versioning-override-behavior", "", ""), flags.String("reason", "", "")
	kinds["workflow count"] = func() (string, error) {
		counted, err := s.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: s.name, Query: *query})
		return fmt.Sprintf("Total: %d", counted.GetCount()), err
	}
	kinds["workflow update-options"] = func() (string, error) { return "", s.move(ctx, *query, *behavior, *reason) }

	known := slices.IndexFunc(command, func(w string) bool { return strings.HasPrefix(w, "--") })
	kind, ok := kinds[strings.Join(command[1:known], " ")]
	if !ok {
		return "", fmt.Errorf("the stand-in does not know %v", command)
	}
	if err := flags.Parse(command[known:]); err != nil {
		return "", err
	}
	if flags.NArg() > 0 {
		return "", fmt.Errorf("left over: %v", flags.Args())
	}
	return kind()
}

func (s standIn) handle(name string) client.WorkerDeploymentHandle {
	return s.temporal.WorkerDeploymentClient().GetHandle(name)
}

func (s standIn) describe(ctx context.Context, name string) (string, error) {
	is, err := s.handle(name).Describe(ctx, client.WorkerDeploymentDescribeOptions{})
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if current := is.Info.RoutingConfig.CurrentVersion; current != nil {
		fmt.Fprintf(&out, "CurrentVersionBuildID %s\n", current.BuildID)
	}
	if ramping := is.Info.RoutingConfig.RampingVersion; ramping != nil && is.Info.RoutingConfig.RampingVersionPercentage > 0 {
		fmt.Fprintf(&out, "RampingVersionBuildID %s\nRampingVersionPercentage %.0f\n", ramping.BuildID, is.Info.RoutingConfig.RampingVersionPercentage)
	}
	for _, v := range is.Info.VersionSummaries {
		fmt.Fprintf(&out, "%s %s\n", v.Version.DeploymentName, v.Version.BuildID)
	}
	return out.String(), nil
}

func (s standIn) describeVersion(ctx context.Context, name, buildID string) (string, error) {
	is, err := s.handle(name).DescribeVersion(ctx, client.WorkerDeploymentDescribeVersionOptions{BuildID: buildID})
	if err != nil || is.Info.DrainageInfo == nil {
		return "", err
	}
	words := map[client.WorkerDeploymentVersionDrainageStatus]string{
		client.WorkerDeploymentVersionDrainageStatusDraining: "draining", client.WorkerDeploymentVersionDrainageStatusDrained: "drained",
	}
	return "DrainageStatus " + words[is.Info.DrainageInfo.DrainageStatus], nil
}

// move starts the batch that overrides the behavior of the runs of a query.
func (s standIn) move(ctx context.Context, query, behavior, reason string) error {
	if behavior != "auto_upgrade" {
		return fmt.Errorf("the stand-in does not know the behavior %q", behavior)
	}
	_, err := s.temporal.WorkflowService().StartBatchOperation(ctx, &workflowservice.StartBatchOperationRequest{
		Namespace: s.name, VisibilityQuery: query, Reason: reason, JobId: "move-" + s.name,
		Operation: &workflowservice.StartBatchOperationRequest_UpdateWorkflowOptionsOperation{
			UpdateWorkflowOptionsOperation: &batchpb.BatchOperationUpdateWorkflowExecutionOptions{
				WorkflowExecutionOptions: &workflowpb.WorkflowExecutionOptions{VersioningOverride: &workflowpb.VersioningOverride{
					Override: &workflowpb.VersioningOverride_AutoUpgrade{AutoUpgrade: true},
				}},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"versioning_override"}},
			},
		},
	})
	return err
}

// TestTheStandInIsStrict: what the page misspells does not pass for carried out.
func TestTheStandInIsStrict(t *testing.T) {
	s := standIn{}
	for _, command := range [][]string{
		{"temporal", "worker", "deployment", "set-the-current-version", "--deployment-name", "attendance", "--build-id", "1"},
		{"temporal", "worker", "deployment", "set-current-version", "--deploymentname", "attendance", "--build-id", "1"},
		{"temporal", "worker", "deployment", "set-current-version", "--deployment-name", "attendance", "1"},
		{"temporal", "workflow", "update-options", "--query", "true", "--versioning-override-behavior", "pinned"},
	} {
		_, err := s.execute(t.Context(), command)
		require.Error(t, err, "%v", command)
	}
}
