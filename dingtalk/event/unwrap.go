package event

import (
	"encoding/json"
	"slices"

	"dakasync/dingtalk/internal/loose"
)

// maxWrappers bounds how many wrappers are taken off.
const maxWrappers = 4

// wrapped is what lies inside an event's data.
type wrapped struct {
	records []json.RawMessage
	found   bool     // there is a list, be it empty, or a record
	corpIDs []string // the companies that it names, from the outside in
	eventID string
	muted   bool // the content was taken out
}

// wrappers are the keys under which an event's payload may lie: the failed-push
// list uses the first two (obtain-the-event-list-of-failed-push-messages), the
// SDK's view of an event the third.
func wrappers() []string {
	return []string{"callbackdata", "bpmscallbackdata", "data"}
}

// unwrap finds the records in an event's data: a dataList or DataList, or the
// object itself, inside any of the wrappers, as JSON or as JSON in a string.
func unwrap(data []byte) (wrapped, bool) {
	var w wrapped
	raw := json.RawMessage(loose.Unquote(data))
	for range maxWrappers {
		if list, ok := loose.ParseArray(raw); ok {
			w.records, w.found = list, true
			return w, true
		}
		o, ok := loose.ParseObject(raw)
		if !ok {
			return w, false
		}
		if s := o.String("corpid"); s != "" {
			w.corpIDs = append(w.corpIDs, s)
		}
		if s := o.String("eventid"); s != "" {
			w.eventID = s
		}
		w.muted = w.muted || mutedBy(o)
		if o.Has("datalist") {
			return w.list(o)
		}
		inner := innermost(o)
		if inner == nil {
			w.records, w.found = []json.RawMessage{raw}, record(o)
			return w, true
		}
		raw = inner
	}
	return w, false
}

func (w wrapped) list(o loose.Object) (wrapped, bool) {
	raw := o.Get("datalist")
	if loose.Null(raw) {
		w.found = true
		return w, true
	}
	list, ok := loose.ParseArray(raw)
	if !ok {
		_, ok = loose.ParseObject(raw)
		list = []json.RawMessage{raw}
	}
	w.records, w.found = list, ok
	return w, ok
}

func innermost(o loose.Object) json.RawMessage {
	for _, name := range wrappers() {
		raw := loose.Unquote(o.Get(name))
		if len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') {
			return raw
		}
	}
	return nil
}

// record reports whether an object has any key that makes it one.
func record(o loose.Object) bool {
	return slices.ContainsFunc([]string{
		"userid", "staffid", "checktime", "workdate", "processinstanceid", "procinstid", "procinsid", "processcode",
	}, o.Has)
}
