package privacy

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxNesting bounds JSON inside strings inside JSON. Every level at least
// doubles the escapes, so nothing real comes near; what goes deeper is emptied.
const maxNesting = 16

// Scrub removes personal keys (see Keys) with their values at any depth, also
// inside strings that are JSON objects, arrays or strings themselves; in other
// strings, which may be such JSON cut off, ScrubText does what it can. The order
// of keys and the spelling of numbers stay. When there is nothing to remove the
// very bytes come back. What is not JSON comes back unchanged, with ok false.
func Scrub(b []byte) (scrubbed []byte, ok bool) {
	if !json.Valid(b) {
		return b, false
	}
	r := rewriter{in: b, out: make([]byte, 0, len(b))}
	r.value()
	if !r.changed {
		return b, true
	}
	return r.out, true
}

// rewriter copies valid JSON without insignificant white space. It trusts that
// json.Valid has seen the input.
type rewriter struct {
	in      []byte
	pos     int
	out     []byte
	nesting int
	changed bool
}

func (r *rewriter) space() {
	for r.pos < len(r.in) {
		switch r.in[r.pos] {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return
		}
	}
}

func (r *rewriter) value() {
	r.space()
	switch r.in[r.pos] {
	case '{':
		r.object()
	case '[':
		r.array()
	case '"':
		r.text()
	default:
		r.scalar()
	}
}

func (r *rewriter) object() {
	r.pos++
	r.out = append(r.out, '{')
	first := true
	for r.space(); r.in[r.pos] != '}'; r.space() {
		if r.in[r.pos] == ',' {
			r.pos++
			r.space()
		}
		start := len(r.out)
		if !first {
			r.out = append(r.out, ',')
		}
		key := r.literal()
		r.space()
		r.pos++ // the colon
		r.out = append(append(r.out, key...), ':')
		r.value()
		if Personal(unquote(key)) {
			r.out, r.changed = r.out[:start], true
			continue
		}
		first = false
	}
	r.pos++
	r.out = append(r.out, '}')
}

func (r *rewriter) array() {
	r.pos++
	r.out = append(r.out, '[')
	for r.space(); r.in[r.pos] != ']'; r.space() {
		if r.in[r.pos] == ',' {
			r.pos++
			r.out = append(r.out, ',')
		}
		r.value()
	}
	r.pos++
	r.out = append(r.out, ']')
}

// text copies a string; one that is JSON itself is scrubbed first.
func (r *rewriter) text() {
	raw := r.literal()
	inner := []byte(unquote(raw))
	if !nested(inner) {
		r.broken(raw, inner)
		return
	}
	if r.nesting == maxNesting {
		r.out, r.changed = append(r.out, `""`...), true
		return
	}
	deeper := rewriter{in: inner, nesting: r.nesting + 1}
	deeper.value()
	if !deeper.changed {
		r.out = append(r.out, raw...)
		return
	}
	r.out, r.changed = append(r.out, quote(deeper.out)...), true
}

// broken copies a string that is not JSON: plain text, or JSON that was cut off.
func (r *rewriter) broken(raw, inner []byte) {
	if bytes.IndexByte(inner, '"') >= 0 { // else no key can be seen in it
		if scrubbed := ScrubText(inner); len(scrubbed) != len(inner) {
			r.out, r.changed = append(r.out, quote(scrubbed)...), true
			return
		}
	}
	r.out = append(r.out, raw...)
}

func nested(text []byte) bool {
	trimmed := bytes.TrimLeft(text, " \t\r\n")
	return len(trimmed) > 0 && strings.IndexByte(`{["`, trimmed[0]) >= 0 && json.Valid(text)
}

// literal takes a string with its quotes.
func (r *rewriter) literal() []byte {
	start := r.pos
	for r.pos++; r.in[r.pos] != '"'; r.pos++ {
		if r.in[r.pos] == '\\' {
			r.pos++
		}
	}
	r.pos++
	return r.in[start:r.pos]
}

func (r *rewriter) scalar() {
	start := r.pos
	for r.pos < len(r.in) && strings.IndexByte(",]} \t\r\n", r.in[r.pos]) < 0 {
		r.pos++
	}
	r.out = append(r.out, r.in[start:r.pos]...)
}

func unquote(literal []byte) string {
	var s string
	if json.Unmarshal(literal, &s) != nil {
		return "" // cannot be: the literal is part of valid JSON
	}
	return s
}

func quote(text []byte) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(string(text)); err != nil {
		return []byte(`""`) // cannot be: every string can be encoded
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
