package e2e_test

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"dakasync/simulator/company"
	"dakasync/simulator/platform"
	"dakasync/workflows"
)

const (
	pathsOfType    = 8       // histories kept of one workflow type
	biggestHistory = 1 << 20 // bytes; a longer one shows nothing that a shorter one does not
	biggestText    = 60_000  // bytes; a longer one is compressed
)

// TestRecordHistories writes histories for the replay tests: of each workflow type some that took different paths. Record from
// released code only: that is what runs elsewhere when the next release comes.
func TestRecordHistories(t *testing.T) {
	if *record == "" {
		return // It tests nothing, and must not overwrite what released code has left.
	}
	d := deploy(t, plan{
		company:  company.Options{Employees: 15, Seed: 11, CorpID: "dingrecorded"},
		settings: func(s *platform.Settings) { s.DuplicateChance = 0.1; s.Lag = 200 * time.Millisecond },
		env:      map[string]string{"DAKASYNC_LIVE_CALLS": "queued"},
	})
	s := script{deployment: d}
	d.up()
	d.platform.PushEvent(punchType, "", punchData("dingrecorded", "nobody", s.on(1, 9, 0).UnixMilli()))
	d.platform.PushEvent(punchType, "", punchData("dingrecorded", s.someone("office", 0), s.on(400, 9, 0).UnixMilli()))
	d.platform.PushEvent(punchType, "", punchData("dingrecorded", s.someone("office", 0), s.on(-30, 9, 0).UnixMilli()))
	var failing []moment
	for ago := 20; ago > 1; ago-- {
		failing = append(failing, moment{s.on(ago, 12, 10), func() { d.platform.Configure(func(s *platform.Settings) { s.FailNext += 3 }) }})
	}
	d.drive(time.Now(), failing...)
	d.converge()
	d.trigger(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes) // nothing is left
	d.drainFailedList()
	d.platform.FailRaw([]byte(`"unreadable"`))
	d.trigger(workflows.ScheduleDrain, workflows.TypeDrainFailedPushes)
	d.reconcileAll()
	d.resync(map[string]any{"from": day(t, 3).String(), "to": day(t, 2).String(), "reason": "recorded"})
	d.resync(map[string]any{"from": "nonsense"})
	d.awaitResync(2)
	d.dakactl(t, "backfill", "--from", day(t, 10).String(), "--to", day(t, 8).String(), "--reason", "recorded", "--wait")

	folder := recordFolder(t)
	for _, workflowType := range []string{
		workflows.TypePunchEvent, workflows.TypeDayEvent, workflows.TypeApprovalEvent, workflows.TypeDrainFailedPushes,
		workflows.TypeReconcileDay, workflows.TypeResync, workflows.TypeBackfill,
	} {
		d.recordType(folder, workflowType)
	}
}

// recordFolder is the set that is recorded; those that other releases have left stay as they are.
func recordFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(repository, "workflows", "testdata", "histories", *record)
	require.NoError(t, os.MkdirAll(folder, 0o755))
	return folder
}

// TestRecordBatches does so for the runs of events that are answered in batches, and of the nightly sweep that follows.
func TestRecordBatches(t *testing.T) {
	if *record == "" {
		return // As above.
	}
	d := deploy(t, plan{
		company: company.Options{Employees: 20, Seed: 12, CorpID: "dingrecorded"}, days: 4,
		settings: func(s *platform.Settings) { s.Lag = 200 * time.Millisecond },
		env:      map[string]string{"DAKASYNC_BATCH_WINDOW": "3s"},
	})
	s := script{deployment: d}
	d.up()
	require.Eventually(t, func() bool { return d.count("decision", "mode = 'batched'") == 1 }, upTime, tick, "nobody decides to batch")
	d.platform.PushEvent(punchType, "", punchData("dingrecorded", "nobody", s.on(1, 9, 0).UnixMilli()))
	d.drive(s.on(0, 0, 0))
	d.converge()
	d.reconcileAll()
	folder := recordFolder(t)
	for _, workflowType := range []string{workflows.TypeFetchBatch, workflows.TypeGovern} {
		d.recordType(folder, workflowType)
	}
	for _, workflowType := range []string{workflows.TypePunchEvent, workflows.TypeDayEvent, workflows.TypeApprovalEvent, workflows.TypeReconcileDay} {
		d.recordAs(folder, "Batched"+workflowType, workflowType)
	}
}

// TestRecordInTask does so for punches that are asked about within their tasks, some of them in vain.
func TestRecordInTask(t *testing.T) {
	if *record == "" {
		return // As above.
	}
	d := deploy(t, plan{
		company: company.Options{Employees: 15, Seed: 13, CorpID: "dingrecorded"}, days: 3,
		settings: func(s *platform.Settings) { s.Lag, s.QPS = 200*time.Millisecond, 5 },
	})
	s := script{deployment: d}
	d.up()
	d.platform.PushEvent(punchType, "", punchData("dingrecorded", "nobody", s.on(1, 9, 0).UnixMilli()))
	d.drive(s.on(0, 0, 0))
	d.converge()
	d.reconcileAll()
	folder := recordFolder(t)
	for _, workflowType := range []string{workflows.TypePunchEvent, workflows.TypeReconcileDay} {
		d.recordAs(folder, "InTask"+workflowType, workflowType)
	}
}

func (d *deployment) recordType(folder, workflowType string) {
	d.t.Helper()
	d.recordAs(folder, workflowType, workflowType)
}

// recordAs replaces a set's histories of a name by the shortest ones of different paths of a type.
func (d *deployment) recordAs(folder, name, workflowType string) {
	d.t.Helper()
	byPath := map[string]*historypb.History{}
	for _, execution := range d.executions("WorkflowType = '" + workflowType + "'") {
		history := d.history(execution)
		path := pathOf(history)
		if known, there := byPath[path]; !there || proto.Size(history) < proto.Size(known) {
			byPath[path] = history
		}
	}
	require.NotEmpty(d.t, byPath, "no run of %s", workflowType)
	paths := slices.SortedFunc(maps.Keys(byPath), func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	old, err := filepath.Glob(filepath.Join(folder, name+"-*.json*"))
	require.NoError(d.t, err)
	for _, file := range old {
		require.NoError(d.t, os.Remove(file))
	}
	// Evenly from the shortest to the longest, so that the odd paths are among them.
	for number := range min(pathsOfType, len(paths)) {
		path := paths[number*len(paths)/min(pathsOfType, len(paths))]
		anonymous(byPath[path].ProtoReflect())
		encoded, err := protojson.MarshalOptions{Indent: " "}.Marshal(byPath[path])
		require.NoError(d.t, err)
		if len(encoded) > biggestHistory && number > 0 {
			continue
		}
		file := filepath.Join(folder, fmt.Sprintf("%s-%02d.json", name, number+1))
		if len(encoded) > biggestText {
			file, encoded = file+".gz", compressed(d.t, encoded)
		}
		require.NoError(d.t, os.WriteFile(file, encoded, 0o644))
	}
	d.t.Logf("%s: %d paths seen", name, len(paths))
}

func compressed(t *testing.T, text []byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	writer, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	require.NoError(t, err)
	_, err = writer.Write(text)
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return packed.Bytes()
}

func (d *deployment) executions(query string) []*workflowpb.WorkflowExecutionInfo {
	d.t.Helper()
	var all []*workflowpb.WorkflowExecutionInfo
	var token []byte
	for {
		listed, err := d.temporal.ListWorkflow(d.t.Context(), &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: d.name, Query: query, PageSize: 500, NextPageToken: token,
		})
		require.NoError(d.t, err)
		all = append(all, listed.GetExecutions()...)
		if token = listed.GetNextPageToken(); len(token) == 0 {
			return all
		}
	}
}

func (d *deployment) history(execution *workflowpb.WorkflowExecutionInfo) *historypb.History {
	d.t.Helper()
	run := execution.GetExecution()
	events := d.temporal.GetWorkflowHistory(d.t.Context(), run.GetWorkflowId(), run.GetRunId(), false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	history := &historypb.History{}
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(d.t, err)
		history.Events = append(history.Events, event)
	}
	return history
}

// pathOf is the sequence of steps that a run has taken.
func pathOf(history *historypb.History) string {
	var path strings.Builder
	for _, event := range history.GetEvents() {
		fmt.Fprintf(&path, "%d%s%s ", event.GetEventType(), event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName(),
			event.GetMarkerRecordedEventAttributes().GetMarkerName())
	}
	return path.String()
}

// anonymous takes out who ran it: identities name machines.
func anonymous(message protoreflect.Message) {
	message.Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case field.Name() == "identity":
			message.Set(field, protoreflect.ValueOfString("recorded"))
		case field.IsMap():
		case field.IsList() && field.Kind() == protoreflect.MessageKind:
			for index := range value.List().Len() {
				anonymous(value.List().Get(index).Message())
			}
		case !field.IsList() && field.Kind() == protoreflect.MessageKind:
			anonymous(value.Message())
		}
		return true
	})
}
