package temporal

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	schedulepb "go.temporal.io/api/schedule/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"dakasync/seal"
	"dakasync/workflows"
)

// fakeServer is the part of a Temporal server that Ensure talks to.
type fakeServer struct {
	operatorservice.OperatorServiceClient
	schedules

	attributes map[string]enumspb.IndexedValueType
	denied     bool
	inForceAt  time.Time // starts with search attributes are refused before
	added      int
	starts     []client.StartWorkflowOptions
	byID       map[string]*fakeSchedule
	converter  converter.DataConverter
}

// schedules is an interface to embed under a name of its own.
type schedules interface{ client.ScheduleClient }

func newServer() *fakeServer {
	return &fakeServer{attributes: map[string]enumspb.IndexedValueType{}, byID: map[string]*fakeSchedule{}, converter: converter.GetDefaultDataConverter()}
}

func (f *fakeServer) OperatorService() operatorservice.OperatorServiceClient { return f }
func (f *fakeServer) ScheduleClient() client.ScheduleClient                  { return f }

func (f *fakeServer) ListSearchAttributes(context.Context, *operatorservice.ListSearchAttributesRequest, ...grpc.CallOption) (*operatorservice.ListSearchAttributesResponse, error) {
	if f.denied {
		return nil, serviceerror.NewPermissionDenied("no", "")
	}
	return &operatorservice.ListSearchAttributesResponse{CustomAttributes: f.attributes}, nil
}

func (f *fakeServer) AddSearchAttributes(_ context.Context, r *operatorservice.AddSearchAttributesRequest, _ ...grpc.CallOption) (*operatorservice.AddSearchAttributesResponse, error) {
	f.added++
	maps.Copy(f.attributes, r.GetSearchAttributes())
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

func (f *fakeServer) ExecuteWorkflow(_ context.Context, o client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
	if time.Now().Before(f.inForceAt) {
		return nil, serviceerror.NewInvalidArgument("no mapping defined for search attribute DakaUserId")
	}
	f.starts = append(f.starts, o)
	return nil, nil //nolint:nilnil // Nobody looks at the run.
}

func (f *fakeServer) Create(_ context.Context, o client.ScheduleOptions) (client.ScheduleHandle, error) {
	if f.byID[o.ID] != nil {
		return nil, temporal.ErrScheduleAlreadyRunning
	}
	s := &fakeSchedule{is: client.Schedule{Action: o.Action, Spec: &o.Spec, State: &client.ScheduleState{}}}
	f.byID[o.ID] = s
	return s, nil
}

func (f *fakeServer) GetHandle(_ context.Context, id string) client.ScheduleHandle {
	return f.byID[id]
}

type fakeSchedule struct {
	client.ScheduleHandle

	is      client.Schedule
	updates int

	triggers   []enumspb.ScheduleOverlapPolicy
	triggerErr error
}

// workflowService is an interface to embed under a name of its own.
type workflowService interface {
	workflowservice.WorkflowServiceClient
}

// fakeService shows a schedule as the server keeps it, sealed with the key that the client had.
type fakeService struct {
	workflowService

	server *fakeServer
}

func (f *fakeServer) WorkflowService() workflowservice.WorkflowServiceClient {
	return fakeService{server: f}
}

func (f fakeService) DescribeSchedule(_ context.Context, r *workflowservice.DescribeScheduleRequest, _ ...grpc.CallOption) (*workflowservice.DescribeScheduleResponse, error) {
	action := f.server.byID[r.GetScheduleId()].is.Action.(*client.ScheduleWorkflowAction)
	summary, err := f.server.converter.ToPayload(action.StaticSummary)
	if err != nil {
		return nil, err
	}
	input, err := f.server.converter.ToPayloads(action.Args...)
	return &workflowservice.DescribeScheduleResponse{Schedule: &schedulepb.Schedule{Action: &schedulepb.ScheduleAction{
		Action: &schedulepb.ScheduleAction_StartWorkflow{StartWorkflow: &workflowpb.NewWorkflowExecutionInfo{
			Input: input, UserMetadata: &sdkpb.UserMetadata{Summary: summary},
		}},
	}}}, err
}

// A schedule outlives its key: with another one its runs are sealed anew.
func TestAChangedKeySealsTheSchedulesAnew(t *testing.T) {
	f, s := newServer(), setup()
	require.NoError(t, Ensure(t.Context(), f, s))
	for _, keys := range []string{"a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=", "b:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=", ""} {
		var ring seal.Ring
		if keys != "" {
			var err error
			ring, err = seal.ParseRing(keys)
			require.NoError(t, err)
		}
		s.Sealer = ring.Sealer()
		before := f.byID["reconcile-day"].updates
		require.NoError(t, Ensure(t.Context(), f, s)) // the server still shows what was sealed before
		f.converter = seal.NewCodec(ring, s.CorpID).DataConverter()
		require.NoError(t, Ensure(t.Context(), f, s))
		for _, schedule := range f.byID {
			require.Equal(t, before+1, schedule.updates, "once")
		}
	}
}

func (s *fakeSchedule) Describe(context.Context) (*client.ScheduleDescription, error) {
	return &client.ScheduleDescription{Schedule: s.is}, nil
}

func (s *fakeSchedule) Update(_ context.Context, o client.ScheduleUpdateOptions) error {
	u, err := o.DoUpdate(client.ScheduleUpdateInput{Description: client.ScheduleDescription{Schedule: s.is}})
	if err != nil {
		return err
	}
	s.is = *u.Schedule
	s.updates++
	return nil
}

func setup() Setup {
	return Setup{Namespace: "hr", Queue: "daka", CorpID: "ding/corp", Location: time.FixedZone("Asia/Shanghai", 8*3600), DrainInterval: time.Hour}
}

func TestEnsureCreatesEverythingOnce(t *testing.T) {
	f := newServer()
	for range 3 {
		require.NoError(t, Ensure(t.Context(), f, setup()))
	}
	require.Equal(t, 1, f.added)
	require.Len(t, f.attributes, len(workflows.SearchAttributes()))
	require.Equal(t, "resync/ding%2Fcorp", f.starts[0].ID)
	require.Equal(t, len(workflows.SearchAttributes()), f.starts[0].TypedSearchAttributes.Size(), "the start proves that the server accepts them all")

	drain := f.byID["drain-failed-pushes"]
	require.Equal(t, []client.ScheduleIntervalSpec{{Every: time.Hour}}, drain.is.Spec.Intervals)
	require.Zero(t, drain.updates)
	sweep := f.byID["reconcile-day"]
	require.Equal(t, "Asia/Shanghai", sweep.is.Spec.TimeZoneName)
	require.Zero(t, sweep.updates)
}

func TestAChangedIntervalKeepsThePause(t *testing.T) {
	f, s := newServer(), setup()
	require.NoError(t, Ensure(t.Context(), f, s))
	f.byID["drain-failed-pushes"].is.State = &client.ScheduleState{Paused: true, Note: "quota"}

	s.DrainInterval = 10 * time.Minute
	require.NoError(t, Ensure(t.Context(), f, s))
	require.NoError(t, Ensure(t.Context(), f, s))
	drain := f.byID["drain-failed-pushes"]
	require.Equal(t, 1, drain.updates)
	require.Equal(t, []client.ScheduleIntervalSpec{{Every: 10 * time.Minute}}, drain.is.Spec.Intervals)
	require.Equal(t, &client.ScheduleState{Paused: true, Note: "quota"}, drain.is.State)
	require.Zero(t, f.byID["reconcile-day"].updates)
}

func TestFreshAttributesAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newServer()
		f.inForceAt = time.Now().Add(7 * time.Second)
		require.NoError(t, Ensure(t.Context(), f, setup()))
		require.Len(t, f.starts, 1)
	})
}

func TestAttributesThatNobodyMayAdd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newServer()
		f.denied = true
		require.NoError(t, Ensure(t.Context(), f, setup()), "they may be there all the same")

		f.inForceAt = time.Now().Add(time.Hour)
		err := Ensure(t.Context(), f, setup())
		require.ErrorIs(t, err, ErrAttributes)
		require.ErrorContains(t, err, "temporal operator search-attribute create --namespace hr --type Keyword --name DakaUserId")
	})
}

func TestAnAttributeOfAnotherType(t *testing.T) {
	f := newServer()
	f.attributes[workflows.AttributeUserID] = enumspb.INDEXED_VALUE_TYPE_INT
	require.ErrorContains(t, Ensure(t.Context(), f, setup()), "DakaUserId")
}

type fakeDeployments struct {
	client.WorkerDeploymentHandle

	is       client.WorkerDeploymentDescribeResponse
	err      error
	promoted []string
}

type fakeDeploymentClient struct {
	client.WorkerDeploymentClient

	handle *fakeDeployments
}

func (f fakeDeploymentClient) GetHandle(string) client.WorkerDeploymentHandle { return f.handle }

func (f *fakeDeployments) Describe(context.Context, client.WorkerDeploymentDescribeOptions) (client.WorkerDeploymentDescribeResponse, error) {
	return f.is, f.err
}

func (f *fakeDeployments) SetCurrentVersion(_ context.Context, o client.WorkerDeploymentSetCurrentVersionOptions) (client.WorkerDeploymentSetCurrentVersionResponse, error) {
	f.promoted = append(f.promoted, o.BuildID)
	return client.WorkerDeploymentSetCurrentVersionResponse{}, nil
}

func TestPromoteFirst(t *testing.T) {
	f := &fakeDeployments{err: errors.New("not found")}
	require.ErrorIs(t, PromoteFirst(t.Context(), fakeDeploymentClient{handle: f}, "daka", "2"), errNotPolled)

	f.err = nil
	require.ErrorIs(t, PromoteFirst(t.Context(), fakeDeploymentClient{handle: f}, "daka", "2"), errNotPolled)

	f.is.Info.VersionSummaries = []client.WorkerDeploymentVersionSummary{{}, {}}
	f.is.Info.VersionSummaries[1].Version.BuildID = "2"
	require.NoError(t, PromoteFirst(t.Context(), fakeDeploymentClient{handle: f}, "daka", "2"))
	require.Equal(t, []string{"2"}, f.promoted)

	f.is.Info.RoutingConfig.CurrentVersion = &f.is.Info.VersionSummaries[0].Version
	require.NoError(t, PromoteFirst(t.Context(), fakeDeploymentClient{handle: f}, "daka", "2"))
	require.Equal(t, []string{"2"}, f.promoted, "what follows is the operator's decision")
}

func (s *fakeSchedule) Trigger(_ context.Context, o client.ScheduleTriggerOptions) error {
	s.triggers = append(s.triggers, o.Overlap)
	return s.triggerErr
}

// While a reading is under way, what it has read already may be older than the
// reason for another one.
func TestDrainIsTriggeredBehindTheOneUnderWay(t *testing.T) {
	f := newServer()
	require.NoError(t, Ensure(t.Context(), f, setup()))
	drains := Drains{Schedules: f}
	require.NoError(t, drains.Trigger(t.Context()))
	schedule := f.byID["drain-failed-pushes"]
	require.Equal(t, []enumspb.ScheduleOverlapPolicy{enumspb.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE}, schedule.triggers)
	schedule.triggerErr = serviceerror.NewNotFound("gone")
	var missing *serviceerror.NotFound
	require.ErrorAs(t, drains.Trigger(t.Context()), &missing, "the recovery goes on without it")
}
