package doctor

import "fmt"

// Message is a sentence that can be said in several languages: a format of fmt,
// which is the English text and what other languages know it by, and its values.
// The zero Message says nothing.
type Message struct {
	english string
	values  []any
}

// Textf is a message. A value that is a message is said in the same language; others,
// such as names, times and errors, are as they are.
func Textf(english string, values ...any) Message { return Message{english, values} }

// In says it in the language of a function that knows the text of each format.
func (m Message) In(textFunc func(english string) string) string {
	values := make([]any, len(m.values))
	for n, value := range m.values {
		if inner, is := value.(Message); is {
			value = inner.In(textFunc)
		}
		values[n] = value
	}
	return fmt.Sprintf(textFunc(m.english), values...)
}

// String says it in English.
func (m Message) String() string { return m.In(func(english string) string { return english }) }

// IsZero reports whether it says nothing.
func (m Message) IsZero() bool { return m.english == "" }

// MarshalText says it in English: what programs read does not depend on who runs them.
func (m Message) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText is a message in the words of one that was marshalled.
func (m *Message) UnmarshalText(text []byte) error {
	*m = Textf("%s", string(text))
	return nil
}

// joined are names or messages, one after the other.
func joined[T any](list []T) Message {
	var all Message
	for n, one := range list {
		if n == 0 {
			all = Textf("%v", one)
		} else {
			all = Textf("%s, %v", all, one)
		}
	}
	return all
}

// few are the first ones of many.
func few[T any](list []T) Message {
	const most = 10
	if len(list) > most {
		return Textf("%s, …", joined(list[:most]))
	}
	return joined(list)
}
