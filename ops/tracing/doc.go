// Package tracing tells by OpenTelemetry how an event went: one trace from the
// frame that brought it, through its run and the steps of that, each call to
// DingTalk and each transaction, to the rows.
//
// It is off unless the standard variables ask for it: OTEL_TRACES_EXPORTER=otlp,
// or an OTLP endpoint without OTEL_TRACES_EXPORTER. Off, it does nothing: no
// tracer, no interceptor, no byte in a history.
//
// It guarantees that nothing waits for a collector but the end of the process,
// for FlushTime at most: spans wait in a bounded queue, and those for which there is
// no room are dropped. That a fault in the OTEL_* variables is said once, as a
// warning, and turns traces off: nobody's pay depends on them. That a trace begins
// with a frame, or with the start of an event's run, and with nothing else: what
// the processes do by themselves, and sweeps, which go on for hours, have none.
// That no span holds the words of an error, but only its kind: words may quote
// what nobody may read.
//
// Temporal's headers carry a trace from process to process; replays do not
// compare them. A run that another worker takes over, or that had to leave the
// cache, is replayed: its span is the same one again, with another end.
//
// What it does not do: it hands nothing to DingTalk, samples nothing by itself
// (OTEL_TRACES_SAMPLER says how), and knows no OTLP but that over HTTP.
package tracing
