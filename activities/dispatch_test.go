package activities_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"dakasync/attendance"
	"dakasync/workflows"
)

// failedPunch is an element as the documentation's rule would have it; the two
// punches of u1 and u2 are keyed like those of Stream.
const failedPunch = `{"call_back_tag":"attendance_check_record","event_time":1795395600000,"attendance_check_record":{
	"corpid":"ding1","callbackData":{"dataList":[
		{"userId":"u1","checkTime":1795395600000,"checkByUser":true},
		{"userId":"u2","checkTime":1795395601000,"checkByUser":true}]}}}`

func element(position int, raw string) attendance.FailedElement {
	return attendance.FailedElement{DrainID: "d", Position: position, Raw: raw, Readable: true}
}

func dispatch(b *bench) (workflows.Dispatched, error) {
	return step[workflows.Dispatched](b, workflows.StepDispatchElements, workflows.Nothing{})
}

func TestElementsStartTheRunsOfStream(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{element(0, failedPunch)}
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, workflows.Dispatched{Elements: 1, Started: 2}, got)
	require.Equal(t, []string{"punch/ding1/u1/1795395600000", "punch/ding1/u2/1795395601000"}, b.starts.started)
	require.Equal(t, []string{
		"RecordDelivery punch/ding1/u1/1795395600000 pending punch/ding1/u1/1795395600000",
		"RecordDelivery punch/ding1/u2/1795395601000 pending punch/ding1/u2/1795395601000",
		"ElementDispatched 0 punch/ding1/u1/1795395600000",
	}, b.book.log)
}

func TestElementWhoseRunIsThereIsADuplicate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{element(0, failedPunch)}
	b.starts.errs["punch/ding1/u1/1795395600000"] = serviceerror.NewWorkflowExecutionAlreadyStarted("there", "", "run")
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, workflows.Dispatched{Elements: 1, Started: 1, Duplicates: 1}, got)
}

func TestElementsThatStartNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{
		element(0, `{"call_back_tag":"user_add_org","user_add_org":{"userid":["a"],"corpid":"ding1"}}`),
		element(1, `{"call_back_tag":"attendance_check_record","attendance_check_record":{"corpid":"other","callbackData":{"dataList":[{"userId":"u1","checkTime":1795395600000}]}}}`),
		element(2, `{"call_back_tag":"attendance_check_record","attendance_check_record":"not JSON"}`),
		element(3, `{"call_back_tag":"attendance_check_record","attendance_check_record":{"corpid":"ding1","callbackData":{"dataList":[]}}}`),
		element(4, `[]`),
		element(5, `{"call_back_tag":"attendance_check_record","corpid":"other","attendance_check_record":{"callbackData":{"dataList":[{"corpId":"ding1","userId":"u5","checkTime":1795395600000}]}}}`),
	}
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, workflows.Dispatched{Elements: 4, Unreadable: 2}, got)
	require.Empty(t, b.starts.started)
	require.Equal(t, attendance.OutcomeRefused, b.book.outcomes["punch/other/u1/1795395600000"], "another corp's")
	require.Equal(t, attendance.OutcomeRefused, b.book.outcomes["punch/other/u5/1795395600000"], "around a record that names ours")
	require.Contains(t, b.book.log, "ElementDispatched 0 ")
	require.Contains(t, b.book.log, "ElementUnreadable 2")
	require.Contains(t, b.book.log, "ElementUnreadable 4")
}

func TestRecordThatCannotBeReadSpoilsNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{element(0, `{"call_back_tag":"attendance_check_record","attendance_check_record":{
		"corpid":"ding1","callbackData":{"dataList":[{"userId":"u1","checkTime":1795395600000},{"checkTime":1}]}}}`)}
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, workflows.Dispatched{Elements: 1, Started: 1, Unreadable: 1}, got)
	require.Contains(t, b.book.log, "ElementUnreadable 0")
}

func TestElementThatFailsKeepsNoOtherWaiting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{element(0, failedPunch), element(1, `{"call_back_tag":"org_dept_create"}`)}
	b.starts.errs["punch/ding1/u2/1795395601000"] = errors.New("no mapping defined for search attribute")
	_, err := dispatch(b)
	require.ErrorContains(t, err, "1 of 2 failed pushes")
	require.Contains(t, b.book.log, "ElementDispatched 1 ")
	require.Len(t, b.book.elements, 1, "the other stays")

	b.starts.errs = nil
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, 1, got.Elements)
	require.Empty(t, b.book.elements)
}

// No later drain would read the list otherwise: each dispatches first what others have left.
func TestElementThatPostgreSQLRefusesIsForAPersonToLookAt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{element(0, failedPunch), element(1, `{"call_back_tag":"org_dept_create"}`)}
	b.book.deliveryErr = refusal{errors.New("PostgreSQL refused the row")}
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, workflows.Dispatched{Elements: 1, Started: 1, Unreadable: 1}, got)
	require.Contains(t, b.book.log, "ElementUnreadable 0")
	require.Empty(t, b.book.elements)
}

func TestManyElementsAreTakenInBatches(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 450 {
		b.book.elements = append(b.book.elements, element(i, fmt.Sprintf(`{"call_back_tag":"org_dept_create","n":%d}`, i)))
	}
	got, err := dispatch(b)
	require.NoError(t, err)
	require.Equal(t, 450, got.Elements)
}

// PostgreSQL may go away between any two writes about an element.
func TestRecordThatCannotBeReadIsMarkedAfterAFailure(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.book.elements = []attendance.FailedElement{element(0, `{"call_back_tag":"attendance_check_record","attendance_check_record":{
		"corpid":"ding1","callbackData":{"dataList":[{"userId":"u1","checkTime":1795395600000},{"checkTime":1}]}}}`)}
	b.book.unreadableErr = errAway
	_, err := dispatch(b)
	require.Error(t, err)
	_, err = dispatch(b)
	require.NoError(t, err)
	require.Contains(t, b.book.log, "ElementUnreadable 0", "somebody must be told of the record")
	require.Contains(t, b.book.log, "ElementDispatched 0 punch/ding1/u1/1795395600000")
}
