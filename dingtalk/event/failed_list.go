package event

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
	"dakasync/privacy"
)

// SplitFailedList splits the body of a failed-push read into its elements,
// without understanding them (obtain-the-event-list-of-failed-push-messages).
// It reads the raw bytes: the list's elements have keys of their own, which no
// typed response has. Elements keep their text, personal keys aside; invalid
// UTF-8 in it is escaped.
//
// On an error the page holds the elements that could be split off before it.
// With an error, or an element that DecodeElement cannot read to its end, it
// holds the whole Body too, for nothing will ever send it again. The caller
// stores the page either way. DrainID and AnsweredAt are the caller's to fill in.
func SplitFailedList(body []byte, policy privacy.Policy) (attendance.DrainPage, error) {
	s := splitter{policy: policy, dec: json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))))}
	err := s.split()
	if err != nil || s.odd {
		s.page.Body = append([]byte{}, policy.ScrubAny(body)...) // never nil, be the body empty
	}
	if err != nil {
		return s.page, fmt.Errorf("the failed-push list cannot be split: %w", err)
	}
	return s.page, nil
}

type splitter struct {
	dec    *json.Decoder
	policy privacy.Policy
	page   attendance.DrainPage
	listed bool
	odd    bool // some element cannot be read
	code   json.RawMessage
}

func (s *splitter) split() error {
	if err := s.expect('{'); err != nil {
		return err
	}
	for s.dec.More() {
		if err := s.member(); err != nil {
			return err
		}
	}
	if err := s.expect('}'); err != nil {
		return err
	}
	if _, err := s.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the JSON object")
	}
	if n, ok := loose.Int(s.code); len(s.code) > 0 && (!ok || n != 0) {
		return fmt.Errorf("it answers with errcode %.40s", s.code)
	}
	if !s.listed && len(s.code) == 0 {
		return errors.New("it has neither an errcode nor a failed_list")
	}
	return nil
}

func (s *splitter) expect(want json.Delim) error {
	t, err := s.dec.Token()
	if err != nil {
		return fmt.Errorf("its JSON breaks off at byte %d: %w", s.dec.InputOffset(), err)
	}
	if t != want {
		return fmt.Errorf("expected %s at byte %d", want, s.dec.InputOffset())
	}
	return nil
}

func (s *splitter) member() error {
	t, err := s.dec.Token()
	if err != nil {
		return fmt.Errorf("its JSON breaks off at byte %d: %w", s.dec.InputOffset(), err)
	}
	key, _ := t.(string)
	switch strings.ToLower(strings.ReplaceAll(key, "_", "")) {
	case "failedlist":
		s.listed = true
		return s.list()
	case "errcode":
		s.code, err = s.value()
		return err
	case "hasmore":
		raw, err := s.value()
		more, _ := loose.Object{"hasmore": raw}.Bool("hasmore")
		s.page.HasMore = s.page.HasMore || more
		return err
	default:
		_, err = s.value()
		return err
	}
}

func (s *splitter) value() (json.RawMessage, error) {
	var raw json.RawMessage
	if err := s.dec.Decode(&raw); err != nil {
		return nil, fmt.Errorf("its JSON breaks off at byte %d: %w", s.dec.InputOffset(), err)
	}
	return raw, nil
}

func (s *splitter) list() error {
	t, err := s.dec.Token()
	if err != nil {
		return fmt.Errorf("its JSON breaks off at byte %d: %w", s.dec.InputOffset(), err)
	}
	switch t := t.(type) {
	case nil:
		return nil
	case string:
		elements, ok := loose.ParseArray([]byte(t))
		if !ok && strings.TrimSpace(t) != "" {
			return errors.New("its failed_list is a text that is not a JSON array")
		}
		for _, raw := range elements {
			s.add(raw)
		}
		return nil
	case json.Delim:
		if t == '[' {
			return s.elements()
		}
	}
	return fmt.Errorf("its failed_list is not an array, at byte %d", s.dec.InputOffset())
}

func (s *splitter) elements() error {
	for s.dec.More() {
		raw, err := s.value()
		if err != nil {
			return err
		}
		s.add(raw)
	}
	return s.expect(']')
}

func (s *splitter) add(raw json.RawMessage) {
	e := attendance.FailedElement{Position: len(s.page.Elements)}
	if o, ok := loose.ParseObject(raw); ok {
		e.Tag = tagOf(o)
		e.EventTime = eventTimeOf(o)
		e.Readable = e.Tag != ""
	}
	// Whether it can be read depends neither on the zone nor on when it came.
	if read, err := DecodeElement(raw, time.Unix(0, 0), time.UTC, s.policy); err != nil || len(read.Bad) > 0 {
		s.odd = true
	}
	scrubbed, _ := s.policy.Scrub(raw)
	e.Raw = escapeInvalid(scrubbed)
	s.page.Elements = append(s.page.Elements, e)
}

func tagOf(o loose.Object) string { return o.String("callbacktag", "eventtype") }

// eventTimeOf is an instant, so that the zone does not matter; texts are not
// expected.
func eventTimeOf(o loose.Object) time.Time {
	t, err := o.Time(time.UTC, "eventtime")
	if err != nil {
		return time.Time{}
	}
	return t
}

// escapeInvalid makes valid JSON valid UTF-8 too: a byte that is not (it can
// only stand inside a string) becomes the escape of the same number.
func escapeInvalid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&out, `\u%04x`, b[0])
		} else {
			out.Write(b[:size])
		}
		b = b[size:]
	}
	return out.String()
}
