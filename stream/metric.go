package stream

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"dakasync/dingtalk/event"
)

// Metrics count what the listener does. Their labels are bounded: an event
// type that dakasync does not know counts as "other".
type Metrics struct {
	frames     *prometheus.CounterVec
	ackSeconds prometheus.Histogram
	repeated   prometheus.Counter
	relayed    prometheus.Counter
	backlog    prometheus.Gauge
	connected  prometheus.Gauge
	dials      *prometheus.CounterVec
	temporalUp prometheus.Gauge
	lastFrame  prometheus.Gauge
	lastProof  prometheus.Gauge
	replaced   *prometheus.CounterVec
	recoveries *prometheus.CounterVec
}

// NewMetrics registers the listener's metrics.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		frames: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dakasync_stream_frames_total", Help: "Frames by event type and what became of them.",
		}, []string{"type", "outcome"}),
		ackSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "dakasync_stream_ack_seconds", Help: "Time from a frame's arrival to its answer; DingTalk allows 3 s.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 1.5, 2, 2.5, 3},
		}),
		repeated: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dakasync_stream_repeated_total", Help: "Records delivered again although their run was there.",
		}),
		relayed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "dakasync_stream_relayed_total", Help: "Events handed from PostgreSQL to Temporal.",
		}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dakasync_stream_relay_backlog", Help: "Events in PostgreSQL that have not reached Temporal.",
		}),
		connected: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dakasync_stream_connections_up", Help: "Stream connections that are up.",
		}),
		dials: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dakasync_stream_dials_total", Help: "Attempts to open a Stream connection by result.",
		}, []string{"result"}),
		temporalUp: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dakasync_stream_temporal_up", Help: "1 while events go to Temporal, 0 while they go to PostgreSQL.",
		}),
		lastFrame: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dakasync_stream_last_frame_timestamp_seconds", Help: "When the last frame arrived; 0 if none has.",
		}),
		lastProof: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "dakasync_stream_last_proof_timestamp_seconds", Help: "When a connection last gave a sign of life; 0 if none has.",
		}),
		replaced: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dakasync_stream_replaced_total", Help: "Stream connections whose successor was up before they went, by reason.",
		}, []string{"reason"}),
		recoveries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "dakasync_stream_recovery_requests_total", Help: "Requests to make up for what may not have arrived, by reason.",
		}, []string{"reason"}),
	}
	m.temporalUp.Set(1)
	m.begin()
	r.MustRegister(m.frames, m.ackSeconds, m.repeated, m.relayed, m.backlog, m.connected, m.dials, m.temporalUp, m.lastFrame,
		m.lastProof, m.replaced, m.recoveries)
	return m
}

// begin makes the series that alarms look at, with 0: a rate of what has never
// been is otherwise unknown when it is first seen.
func (m *Metrics) begin() {
	for _, eventType := range append(event.Types(), labelOther) {
		for _, o := range []outcome{outcomeStarted, outcomeStored, outcomeUnreadable, outcomeRefused, outcomeMuted, outcomeLater, outcomeBusy} {
			m.frames.WithLabelValues(eventType, string(o))
		}
	}
	for _, result := range []string{dialSucceeded, dialFailed} {
		m.dials.WithLabelValues(result)
	}
	for _, reason := range []string{replacedDisconnect, replacedAge, replacedSilence, replacedZombie} {
		m.replaced.WithLabelValues(reason)
	}
	for _, reason := range []string{reasonStart, reasonReconnect, reasonLater} {
		m.recoveries.WithLabelValues(reason)
	}
}

// labelOther stands for every event type that dakasync does not know.
const labelOther = "other"

// label bounds what a frame can write into a label or a key.
func label(eventType string) string {
	if !event.Known(eventType) {
		return labelOther
	}
	return eventType
}

func (m *Metrics) answered(eventType string, outcome outcome, took time.Duration, at time.Time) {
	m.frames.WithLabelValues(label(eventType), string(outcome)).Inc()
	m.ackSeconds.Observe(took.Seconds())
	m.lastFrame.Set(float64(at.UnixMilli()) / 1000)
}
