package temporal

// SDKKind is how the SDK counts with a metric.
type SDKKind string

// How the SDK counts.
const (
	SDKCounter SDKKind = "counter"
	SDKGauge   SDKKind = "gauge"
	SDKTimer   SDKKind = "timer"
)

// SDKMetric is one of the SDK's metrics.
type SDKMetric struct {
	Kind SDKKind
	Help string
}

// SDKMetrics are all of the SDK's metrics, by the SDK's names. dev/observe holds
// them against its source.
func SDKMetrics() map[string]SDKMetric {
	return map[string]SDKMetric{
		"temporal_activity_execution_failed":               {SDKCounter, "Attempts of activities that ended with an error."},
		"temporal_activity_execution_latency":              {SDKTimer, "Time that an attempt of an activity took."},
		"temporal_activity_poll_no_task":                   {SDKCounter, "Polls for activities that brought none."},
		"temporal_activity_schedule_to_start_latency":      {SDKTimer, "Time that an activity waited in its queue: long when the workers are too few."},
		"temporal_activity_succeed_endtoend_latency":       {SDKTimer, "Time from an activity's scheduling to its success, repetitions included."},
		"temporal_activity_task_error":                     {SDKCounter, "Activity tasks that failed within the worker, not in the activity."},
		"temporal_corrupted_signals":                       {SDKCounter, "Signals whose content could not be read."},
		"temporal_local_activity_canceled":                 {SDKCounter, "Local activities that were cancelled (the older name)."},
		"temporal_local_activity_error":                    {SDKCounter, "Local activities that failed within the worker, not in the activity."},
		"temporal_local_activity_execution_cancelled":      {SDKCounter, "Local activities that were cancelled."},
		"temporal_local_activity_execution_failed":         {SDKCounter, "Attempts of local activities that ended with an error."},
		"temporal_local_activity_execution_latency":        {SDKTimer, "Time that an attempt of a local activity took."},
		"temporal_local_activity_failed":                   {SDKCounter, "Attempts of local activities that ended with an error (the older name)."},
		"temporal_local_activity_succeed_endtoend_latency": {SDKTimer, "Time from a local activity's scheduling to its success, repetitions included."},
		"temporal_local_activity_total":                    {SDKCounter, "Local activities that were executed."},
		"temporal_long_request":                            {SDKCounter, "Long requests to Temporal: polls, by operation."},
		"temporal_long_request_attempt":                    {SDKCounter, "Long requests to Temporal: polls, by operation; repetitions counted one by one."},
		"temporal_long_request_failure":                    {SDKCounter, "Long requests to Temporal that failed, by operation and status code."},
		"temporal_long_request_failure_attempt":            {SDKCounter, "Long requests to Temporal that failed, by operation and status code; repetitions counted one by one."},
		"temporal_long_request_latency":                    {SDKTimer, "Time that a long request took."},
		"temporal_long_request_latency_attempt":            {SDKTimer, "Time that a long request took; repetitions counted one by one."},
		"temporal_long_request_resource_exhausted":         {SDKCounter, "Long requests that Temporal refused for a limit of its own."},
		"temporal_num_pollers":                             {SDKGauge, "Polls that are open now, by kind."},
		"temporal_poller_start":                            {SDKCounter, "Pollers that were started."},
		"temporal_request":                                 {SDKCounter, "Requests to Temporal, by operation."},
		"temporal_request_attempt":                         {SDKCounter, "Requests to Temporal, by operation; repetitions counted one by one."},
		"temporal_request_failure":                         {SDKCounter, "Requests to Temporal that failed, by operation and status code."},
		"temporal_request_failure_attempt":                 {SDKCounter, "Requests to Temporal that failed, by operation and status code; repetitions counted one by one."},
		"temporal_request_latency":                         {SDKTimer, "Time that a request to Temporal took."},
		"temporal_request_latency_attempt":                 {SDKTimer, "Time that a request to Temporal took; repetitions counted one by one."},
		"temporal_request_resource_exhausted":              {SDKCounter, "Requests that Temporal refused for a limit of its own, by cause."},
		"temporal_sticky_cache_hit":                        {SDKCounter, "Workflow tasks whose run was in memory."},
		"temporal_sticky_cache_miss":                       {SDKCounter, "Workflow tasks whose run was not in memory any more and was replayed."},
		"temporal_sticky_cache_size":                       {SDKGauge, "Runs that are held in memory."},
		"temporal_sticky_cache_total_forced_eviction":      {SDKCounter, "Runs that were dropped from memory to make room."},
		"temporal_unregistered_activity_invocation":        {SDKCounter, "Activities that this worker does not know: an older worker meets a newer workflow."},
		"temporal_worker_start":                            {SDKCounter, "Workers that were started."},
		"temporal_worker_task_slots_available":             {SDKGauge, "Free places for tasks, by kind: 0 means that the worker is full."},
		"temporal_worker_task_slots_used":                  {SDKGauge, "Taken places for tasks, by kind."},
		"temporal_workflow_active_thread_count":            {SDKGauge, "Goroutines of workflows in memory."},
		"temporal_workflow_canceled":                       {SDKCounter, "Runs that were cancelled."},
		"temporal_workflow_completed":                      {SDKCounter, "Runs that ended well."},
		"temporal_workflow_continue_as_new":                {SDKCounter, "Runs that went on in a new one."},
		"temporal_workflow_endtoend_latency":               {SDKTimer, "Time from a run's start to its end."},
		"temporal_workflow_failed":                         {SDKCounter, "Runs that ended with an error: dakasync expects none."},
		"temporal_workflow_task_execution_failed":          {SDKCounter, "Workflow tasks that failed, by reason: NonDeterminismError after a bad release."},
		"temporal_workflow_task_execution_latency":         {SDKTimer, "Time that a workflow task took."},
		"temporal_workflow_task_no_completion":             {SDKCounter, "Workflow tasks that were given up on."},
		"temporal_workflow_task_queue_poll_empty":          {SDKCounter, "Polls for workflow tasks that brought none."},
		"temporal_workflow_task_queue_poll_succeed":        {SDKCounter, "Polls for workflow tasks that brought one."},
		"temporal_workflow_task_replay_latency":            {SDKTimer, "Time that a replay took."},
		"temporal_workflow_task_schedule_to_start_latency": {SDKTimer, "Time that a workflow task waited in its queue: long when the workers are too few."},
	}
}
