package platform

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// failure is an element of the failed list, ready to be sent.
type failure json.RawMessage

// maxFailed is how many elements one read returns.
const maxFailed = 200

// fail puts an event on the failed list; it needs the lock.
func (p *Platform) fail(d *delivery) {
	p.settle(d, StateFailed)
	shape := p.settings.FailedShape
	if shape < 1 || shape > 6 {
		shape = 1 + p.dice().IntN(6)
	}
	element, err := json.Marshal(failedElement(d, shape, p.company.CorpID()))
	if err != nil {
		p.logger.Error("failed push cannot be encoded", "event_type", d.EventType, "error", err)
		return
	}
	p.failed = append(p.failed, failure(element))
	p.failures = append(p.failures, d)
}

// failedElement has the documented form, a key named after the tag, in the shapes that were seen or must be expected:
// 1 as documented; 2 DataList; 3 under "data"; 4 directly under the tag; 5 the inner object as JSON in a string; 6 the whole value
// as JSON in a string. No shape carries the event's id.
func failedElement(d *delivery, shape int, corpID string) map[string]any {
	var payload map[string]any
	_ = json.Unmarshal([]byte(d.Data), &payload)
	delete(payload, "eventId")
	inner := "callbackData"
	if d.EventType == "bpms_instance_change" {
		inner = "bpmsCallBackData"
		payload["EventType"], payload["corpId"] = d.EventType, corpID
	}
	value := map[string]any{"corpid": corpID}
	var element any = value
	switch shape {
	case 2:
		if list, ok := payload["dataList"]; ok {
			payload["DataList"] = list
			delete(payload, "dataList")
		}
		value[inner] = payload
	case 3:
		value["data"] = payload
	case 4:
		payload["corpid"] = corpID
		element = payload
	case 5:
		value[inner] = encoded(payload)
	case 6:
		value[inner] = payload
		element = encoded(value)
	default:
		value[inner] = payload
	}
	return map[string]any{"call_back_tag": d.EventType, "event_time": d.BornAt.UnixMilli(), d.EventType: element}
}

// FailRaw puts an element of any shape on the failed list. It must be JSON, whatever else it is.
func (p *Platform) FailRaw(element json.RawMessage) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.failed = append(p.failed, failure(slices.Clone(element)))
}

// FailedCount is the number of elements that a read would find, those included that the last read has answered already.
func (p *Platform) FailedCount() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.failed)
}

// failedResult is `obtain-the-event-list-of-failed-push-messages`. It removes what the call before it answered, or with
// ClearFailed "immediately" what it answers itself.
func (p *Platform) failedResult(c *call) {
	p.mu.Lock()
	p.failed = p.failed[p.answered:]
	p.answered = min(len(p.failed), maxFailed)
	batch := make([]json.RawMessage, 0, p.answered)
	for _, element := range p.failed[:p.answered] {
		batch = append(batch, json.RawMessage(element))
	}
	more := len(p.failed) > p.answered
	if p.settings.ClearFailed == "immediately" {
		p.failed, p.answered = p.failed[p.answered:], 0
	}
	p.mu.Unlock()
	c.answer(map[string]any{"errcode": 0, "errmsg": "ok", "has_more": more, "failed_list": batch})
}

// failedResults is the newer read that only the SDKs know: it has a window of time, and removes nothing.
func (p *Platform) failedResults(c *call) {
	query := c.request.URL.Query()
	begin, errBegin := strconv.ParseInt(query.Get("beginTime"), 10, 64)
	end, errEnd := strconv.ParseInt(query.Get("endTime"), 10, 64)
	if errBegin != nil || errEnd != nil || end < begin {
		c.refuseNew(http.StatusBadRequest, "invalidParameter", messageParameter)
		return
	}
	list, more := []any{}, false
	p.mu.Lock()
	for _, d := range p.failures {
		born := d.BornAt.UnixMilli()
		if born < begin || born > end {
			continue
		}
		if len(list) == maxFailed {
			more = true
			break
		}
		list = append(list, map[string]any{
			"callBackTag": d.EventType, "corpId": p.company.CorpID(), "eventTime": born, "callBackData": d.Data,
		})
	}
	p.mu.Unlock()
	c.answer(map[string]any{"failedList": list, "hasMore": more})
}
