package platform

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault makes calls to one API go wrong. With a Body or Status it replaces the answer; with Delay alone it delays the true one.
type Fault struct {
	Path        string        `json:"path"`            // an API's path, or a prefix ending in *
	Times       int           `json:"times,omitempty"` // 0: until cleared
	Status      int           `json:"status,omitempty"`
	Body        string        `json:"body,omitempty"`
	ContentType string        `json:"content_type,omitempty"`
	Delay       time.Duration `json:"delay,omitempty"`
	// Hang never answers; CutConnection closes the connection without an answer; TruncateBody promises more than it sends.
	Hang          bool `json:"hang,omitempty"`
	CutConnection bool `json:"cut_connection,omitempty"`
	TruncateBody  bool `json:"truncate_body,omitempty"`
	// LoseAnswer lets the call take its true effect, after the Delay if there is one, and then closes the connection without an
	// answer: what the failed list's read would have returned is gone. The quota counts such a call as any other.
	LoseAnswer bool `json:"lose_answer,omitempty"`
	// EmptyOK answers errcode 0 with nothing in it.
	EmptyOK bool `json:"empty_ok,omitempty"`
	// Billed says whether the quota counts the call. Throttled calls and network failures are not counted.
	Billed bool `json:"billed,omitempty"`
}

// AddFault sets a fault.
func (p *Platform) AddFault(fault Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, &fault)
}

// ClearFaults ends the faults of a path, or with "" all.
func (p *Platform) ClearFaults(path string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = slices.DeleteFunc(p.faults, func(f *Fault) bool { return path == "" || f.Path == path })
}

// takeFault uses up one time of the first fault that fits.
func (p *Platform) takeFault(path string) *Fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	for index, fault := range p.faults {
		prefix, wild := strings.CutSuffix(fault.Path, "*")
		if fault.Path != path && (!wild || !strings.HasPrefix(path, prefix)) {
			continue
		}
		taken := *fault
		if fault.Times > 0 {
			fault.Times--
			if fault.Times == 0 {
				p.faults = slices.Delete(p.faults, index, index+1)
			}
		}
		return &taken
	}
	return nil
}

// lostAnswer takes an answer that nobody receives.
type lostAnswer struct{ header http.Header }

// Header, Write and WriteHeader make it a response writer.
func (l lostAnswer) Header() http.Header       { return l.header }
func (lostAnswer) Write(p []byte) (int, error) { return len(p), nil }
func (lostAnswer) WriteHeader(int)             {}

// play acts a fault out; it says whether the true answer is to follow.
func (f *Fault) play(w http.ResponseWriter, r *http.Request, stopped <-chan struct{}) bool {
	if f.Delay > 0 || f.Hang {
		var timer <-chan time.Time
		if !f.Hang {
			timer = time.After(f.Delay)
		}
		select {
		case <-timer:
		case <-r.Context().Done():
			panic(http.ErrAbortHandler)
		case <-stopped:
			panic(http.ErrAbortHandler)
		}
	}
	body := f.Body
	if f.EmptyOK {
		body = `{"errcode":0,"errmsg":"ok"}`
	}
	switch {
	case f.CutConnection:
		panic(http.ErrAbortHandler)
	case f.LoseAnswer, body == "" && f.Status == 0 && !f.TruncateBody:
		return true
	}
	w.Header().Set("Content-Type", cmp.Or(f.ContentType, "application/json;charset=UTF-8"))
	if f.TruncateBody {
		body = cmp.Or(body, `{"errcode":0,"errmsg":"ok","result":{"attendance_result_list":[{"record_id":534298`)
		w.Header().Set("Content-Length", strconv.Itoa(len(body)+512))
	}
	w.WriteHeader(cmp.Or(f.Status, http.StatusOK))
	_, _ = w.Write([]byte(body))
	if f.TruncateBody {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	return false
}
