package stream

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Two types of event tell of one change of an approval, and each knows what
// the other does not.
func TestTheSecondEventOfAnApprovalIsHeardBeforeItsAck(t *testing.T) {
	b := newBench()
	first := frameOf("bpms_instance_change", corp, `{"processInstanceId":"p1","type":"start","staffId":"u1"}`)
	second := frameOf("attendance_approve_status_change", corp, `{"processInstanceId":"p1","status":"start","approveType":"LEAVE"}`)
	require.Equal(t, success, b.answer(t, first))
	require.Zero(t, b.postgres.counted)

	b.postgres.set(errAway)
	require.Equal(t, later, b.answer(t, second), "nobody has what it says")
	require.Equal(t, success, b.answer(t, punches(1)), "Temporal is not at fault")
	require.Equal(t, 2, b.temporal.count())

	b.postgres.set(nil)
	require.Equal(t, success, b.answer(t, second))
	require.Equal(t, 2, b.postgres.counted, "once in vain")
}
