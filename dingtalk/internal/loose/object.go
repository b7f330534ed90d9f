// Package loose reads JSON whose spelling and types cannot be relied upon:
// DingTalk writes procInst_id, procInstId and processInstanceId, userid and
// userId, numbers as strings and strings as numbers, and JSON inside strings.
//
// It guarantees that any bytes can be asked any question without a panic: what
// is absent, null or of another type reads as absent. Texts come out as valid
// UTF-8 without NUL, which no table takes.
package loose

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// maxUnquote bounds how often JSON in a string is taken out of its string.
const maxUnquote = 4

// Object is a JSON object by the names of its keys in lower case and without
// underscores.
type Object map[string]json.RawMessage

// ParseObject reads a JSON object, or a string that holds one.
func ParseObject(b []byte) (Object, bool) {
	b = Unquote(b)
	if len(b) == 0 || b[0] != '{' {
		return nil, false
	}
	var raw map[string]json.RawMessage
	if json.Unmarshal(b, &raw) != nil {
		return nil, false
	}
	o := make(Object, len(raw))
	for _, k := range slices.Sorted(maps.Keys(raw)) { // of two spellings always the same wins
		if name := fold(k); !Null(raw[k]) || !o.Has(name) {
			o[name] = raw[k]
		}
	}
	return o, true
}

func fold(key string) string { return strings.ToLower(strings.ReplaceAll(key, "_", "")) }

// Unquote takes a JSON object or array out of the strings around it, if any,
// and trims white space.
func Unquote(b []byte) []byte {
	b = bytes.TrimSpace(b)
	for range maxUnquote {
		if len(b) == 0 || b[0] != '"' {
			return b
		}
		var s string
		if json.Unmarshal(b, &s) != nil {
			return b
		}
		inner := bytes.TrimSpace([]byte(s))
		if len(inner) == 0 || strings.IndexByte(`{["`, inner[0]) < 0 || !json.Valid(inner) {
			return b
		}
		b = inner
	}
	return b
}

// Null reports whether a value is absent or null.
func Null(raw json.RawMessage) bool {
	t := bytes.TrimSpace(raw)
	return len(t) == 0 || string(t) == "null"
}

// Get is the value of the first of the names that has one. Names are written
// in lower case without underscores.
func (o Object) Get(names ...string) json.RawMessage {
	for _, n := range names {
		if v, ok := o[n]; ok && !Null(v) {
			return v
		}
	}
	return nil
}

// Has reports whether the key is there, be its value null.
func (o Object) Has(name string) bool {
	_, ok := o[name]
	return ok
}

// Object is the value as an object; nil (which reads as empty) if it is none.
func (o Object) Object(names ...string) Object {
	inner, _ := ParseObject(o.Get(names...))
	return inner
}

// Array is the value as an array.
func (o Object) Array(names ...string) ([]json.RawMessage, bool) { return ParseArray(o.Get(names...)) }

// ParseArray reads a JSON array, or a string that holds one.
func ParseArray(b []byte) ([]json.RawMessage, bool) {
	b = Unquote(b)
	if len(b) == 0 || b[0] != '[' {
		return nil, false
	}
	var list []json.RawMessage
	if json.Unmarshal(b, &list) != nil {
		return nil, false
	}
	return list, true
}

// Objects are the elements of an array that are objects.
func (o Object) Objects(names ...string) []Object {
	list, _ := o.Array(names...)
	var objects []Object
	for _, raw := range list {
		if e, ok := ParseObject(raw); ok {
			objects = append(objects, e)
		}
	}
	return objects
}

// Strings are the elements of an array as texts, or the parts of a text with
// commas.
func (o Object) Strings(names ...string) []string {
	raw := o.Get(names...)
	var texts []string
	if list, ok := ParseArray(raw); ok {
		for _, e := range list {
			if s := Text(e); s != "" {
				texts = append(texts, s)
			}
		}
		return texts
	}
	for s := range strings.SplitSeq(Text(raw), ",") {
		if s = strings.TrimSpace(s); s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}

// String is the value as a text.
func (o Object) String(names ...string) string { return Text(o.Get(names...)) }

// Text is a JSON string without its quotes, or a number or truth value as it
// is written; "" for anything else.
func Text(raw json.RawMessage) string {
	t := bytes.TrimSpace(raw)
	if len(t) == 0 || t[0] == '{' || t[0] == '[' || string(t) == "null" {
		return ""
	}
	if t[0] != '"' {
		return string(t)
	}
	var s string
	if json.Unmarshal(t, &s) != nil {
		return ""
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// Int is the value as a whole number, from a number or a text.
func (o Object) Int(names ...string) (int64, bool) { return Int(o.Get(names...)) }

// Int is a whole number written as a number, with an exponent or a zero
// fraction too, or in a string.
func Int(raw json.RawMessage) (int64, bool) { return ParseInt(strings.TrimSpace(Text(raw))) }

// maxDigits bounds the texts that are worth reading as a number: 1e999999999
// would be a very long one.
const maxDigits = 32

// ParseInt is a whole number in a text.
func ParseInt(s string) (int64, bool) {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	if s == "" || len(s) > maxDigits || strings.Trim(s, "+-.0123456789eE") != "" {
		return 0, false
	}
	if f, err := strconv.ParseFloat(s, 64); err != nil || f > 1<<62 || f < -(1<<62) {
		return 0, false
	}
	exp := strings.IndexAny(s, "eE")
	if exp >= 0 {
		if e, err := strconv.Atoi(s[exp+1:]); err != nil || e < -maxDigits || e > maxDigits {
			return 0, false
		}
	}
	r, ok := new(big.Rat).SetString(s)
	if !ok || !r.IsInt() || !r.Num().IsInt64() {
		return 0, false
	}
	return r.Num().Int64(), true
}

// Bool is the value as a truth value: true, "true", "Y", 1, and their opposites.
func (o Object) Bool(names ...string) (value, ok bool) {
	switch strings.ToLower(strings.TrimSpace(o.String(names...))) {
	case "true", "y", "yes", "1":
		return true, true
	case "false", "n", "no", "0":
		return false, true
	default:
		return false, false
	}
}
