package ledger

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"dakasync/attendance"
)

// This file is the edge: everything from outside passes through it before it
// is stored. PostgreSQL's text takes neither NUL nor invalid UTF-8; its jsonb
// takes neither \u0000 nor half a surrogate pair, nor numbers beyond numeric, nor
// endless nesting; its timestamps are asked for by year; its indexes take
// rows of some 2,700 bytes.
const (
	maxKeyBytes   = 1000
	maxJSONDepth  = 500
	maxJSONNumber = 1000 // bytes of a number, or its exponent
	firstYear     = 1
	lastYear      = 9999
)

const replacement = "\uFFFD"

// cleanText replaces what text cannot hold by U+FFFD.
func cleanText(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, replacement), "\x00", replacement)
}

// cleanKey is cleanText for what stands in an index. A longer one keeps its
// beginning and is told apart by a hash.
func cleanKey(s string) string {
	s = cleanText(s)
	if len(s) <= maxKeyBytes {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	return strings.ToValidUTF8(s[:maxKeyBytes-2*len(sum)-1], "") + "#" + hex.EncodeToString(sum[:])
}

// cleanTime drops years that no calendar of ours has.
func cleanTime(t time.Time) time.Time {
	if y := t.UTC().Year(); y < firstYear || y > lastYear {
		return time.Time{}
	}
	return t
}

func cleanDate(d attendance.Date) attendance.Date {
	if d.Year < firstYear || d.Year > lastYear {
		return attendance.Date{}
	}
	return d
}

// cleanJSON is JSON that jsonb takes: the same content where that is possible,
// otherwise the text as one JSON string. Nothing is nil.
func cleanJSON(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	if plainJSON(b) {
		return b
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	var tree any
	if !json.Valid(b) || depth(b) > maxJSONDepth || dec.Decode(&tree) != nil {
		return jsonString(b)
	}
	cleaned, err := json.Marshal(cleanTree(tree))
	if err != nil {
		return jsonString(b)
	}
	return cleaned
}

// plainJSON reports whether nothing in the JSON can offend: the usual case,
// found without decoding it.
func plainJSON(b []byte) bool {
	return utf8.Valid(b) && bytes.IndexByte(b, 0) < 0 && json.Valid(b) && depth(b) <= maxJSONDepth &&
		!bytes.Contains(b, []byte(`\u`)) && !longNumber(b)
}

func jsonString(b []byte) []byte {
	quoted, err := json.Marshal(cleanText(string(b)))
	if err != nil {
		return []byte(`""`)
	}
	return quoted
}

// depth is how deep valid JSON nests.
func depth(b []byte) int {
	most, now, quoted := 0, 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++ // whatever follows does not end the string
		case quoted:
		case c == '[' || c == '{':
			now++
			most = max(most, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return most
}

// longNumber reports whether some number may be beyond numeric: it has an
// exponent, or very many digits. What stands in strings counts too.
func longNumber(b []byte) bool {
	digits := 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
			if digits > maxJSONNumber {
				return true
			}
		case (c == 'e' || c == 'E') && i > 0 && b[i-1] >= '0' && b[i-1] <= '9':
			return true
		default:
			digits = 0
		}
	}
	return false
}

func cleanTree(v any) any {
	switch v := v.(type) {
	case string:
		return cleanText(v)
	case json.Number:
		return cleanNumber(v)
	case []any:
		for i := range v {
			v[i] = cleanTree(v[i])
		}
		return v
	case map[string]any:
		cleaned := make(map[string]any, len(v))
		for key, value := range v {
			cleaned[cleanText(key)] = cleanTree(value)
		}
		return cleaned
	default:
		return v
	}
}

// cleanNumber keeps a number that numeric takes, and the text of any other.
func cleanNumber(n json.Number) any {
	text := n.String()
	if len(text) > maxJSONNumber {
		return text
	}
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || exponent > maxJSONNumber || exponent < -maxJSONNumber {
			return text
		}
	}
	return n
}

func cleanHint(h attendance.Hint) attendance.Hint {
	h.CorpID, h.EventType, h.EventID = cleanKey(h.CorpID), cleanText(h.EventType), cleanText(h.EventID)
	h.UserID, h.BizID = cleanKey(h.UserID), cleanText(h.BizID)
	h.LocationResult, h.LocationMethod = cleanText(h.LocationResult), cleanText(h.LocationMethod)
	h.BornAt, h.ReceivedAt, h.CheckTime = cleanTime(h.BornAt), cleanTime(h.ReceivedAt), cleanTime(h.CheckTime)
	h.WorkDate = cleanDate(h.WorkDate)
	return h
}

func cleanAnswer(a attendance.Answer) attendance.Answer {
	a.UserID, a.WorkDate, a.AskedAt = cleanKey(a.UserID), cleanDate(a.WorkDate), cleanTime(a.AskedAt)
	a.Results, a.Records, a.Approvals = slices.Clone(a.Results), slices.Clone(a.Records), slices.Clone(a.Approvals)
	for i, r := range a.Results {
		r.CheckType, r.TimeResult = cleanText(r.CheckType), cleanText(r.TimeResult)
		r.LocationResult, r.SourceType = cleanText(r.LocationResult), cleanText(r.SourceType)
		r.ProcessInstanceID, r.Extra = cleanText(r.ProcessInstanceID), cleanJSON(r.Extra)
		r.PlanCheckTime, r.UserCheckTime = cleanTime(r.PlanCheckTime), cleanTime(r.UserCheckTime)
		a.Results[i] = r
	}
	for i, r := range a.Records {
		r.CheckType, r.SourceType = cleanText(r.CheckType), cleanText(r.SourceType)
		r.LocationResult, r.BizID = cleanText(r.LocationResult), cleanText(r.BizID)
		r.InvalidType, r.InvalidMessage = cleanText(r.InvalidType), cleanText(r.InvalidMessage)
		r.ProcessInstanceID, r.Extra = cleanText(r.ProcessInstanceID), cleanJSON(r.Extra)
		r.CheckTime = cleanTime(r.CheckTime)
		a.Records[i] = r
	}
	for i, t := range a.Approvals {
		t.ProcessInstanceID, t.TagName, t.SubType = cleanText(t.ProcessInstanceID), cleanText(t.TagName), cleanText(t.SubType)
		t.Duration, t.DurationUnit = cleanText(t.Duration), cleanText(t.DurationUnit)
		t.Begin, t.End, t.FinishedAt = cleanTime(t.Begin), cleanTime(t.End), cleanTime(t.FinishedAt)
		a.Approvals[i] = t
	}
	return a
}

func cleanInstance(i attendance.Instance) attendance.Instance {
	i.ProcessInstanceID, i.ProcessCode = cleanKey(i.ProcessInstanceID), cleanKey(i.ProcessCode)
	i.OriginatorUserID, i.MainProcessInstanceID = cleanKey(i.OriginatorUserID), cleanKey(i.MainProcessInstanceID)
	i.Status, i.Result, i.BizAction = cleanText(i.Status), cleanText(i.Result), cleanText(i.BizAction)
	i.CreatedAt, i.FinishedAt, i.ReadAt = cleanTime(i.CreatedAt), cleanTime(i.FinishedAt), cleanTime(i.ReadAt)
	i.AttachedIDs = cleanKeys(i.AttachedIDs)
	i.MakeUps, i.Spans = slices.Clone(i.MakeUps), slices.Clone(i.Spans)
	for n, m := range i.MakeUps {
		m.UserID, m.At, m.WorkDate = cleanKey(m.UserID), cleanTime(m.At), cleanDate(m.WorkDate)
		i.MakeUps[n] = m
	}
	i.MakeUps = slices.DeleteFunc(i.MakeUps, func(m attendance.MakeUp) bool { return m.At.IsZero() })
	for n, s := range i.Spans {
		i.Spans[n] = attendance.Span{UserIDs: cleanKeys(s.UserIDs), Begin: cleanTime(s.Begin), End: cleanTime(s.End)}
	}
	i.Spans = slices.DeleteFunc(i.Spans, func(s attendance.Span) bool { return s.Begin.IsZero() || s.End.IsZero() })
	return i
}

func cleanKeys(keys []string) []string {
	cleaned := make([]string, len(keys))
	for i, k := range keys {
		cleaned[i] = cleanKey(k)
	}
	return cleaned
}
