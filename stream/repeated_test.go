package stream

import (
	"context"
	"testing"
	"testing/synctest"

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

// The relay holds the row of what it starts: counting a delivery of it would
// wait for itself.
func TestTheRelayCountsNoDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench()
		frame := frameOf("bpms_instance_change", corp, `{"processInstanceId":"p1","type":"start","staffId":"u1"}`)
		require.Equal(t, success, b.answer(t, frame))
		b.temporal.set(errAway)
		require.Equal(t, success, b.answer(t, frame), "kept")
		b.temporal.set(nil)

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go b.intake.Run(ctx)
		require.Eventually(t, func() bool { n, err := b.postgres.Backlog(ctx); return err == nil && n == 0 }, relayTime, healthPause)
		require.Zero(t, b.postgres.deliveriesCounted())
	})
}
