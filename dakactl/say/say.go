// Package say has the words of dakactl in English and in Chinese.
//
// A message's English text is its key: what has no Chinese text is said in English,
// so a message that was forgotten is readable, and the tests of dakactl find it.
// Words that others wrote (DingTalk's enum strings in English output, reasons that
// stand in the ledger, errors) are passed on as they are.
package say

import (
	"fmt"
	"maps"
	"strings"
)

// Printer says messages in one language. The zero Printer speaks English.
type Printer struct{ chinese bool }

// English and Chinese are the languages.
var (
	English = Printer{}
	Chinese = Printer{chinese: true}
)

// ByLocale chooses the language as POSIX does: LC_ALL, else LC_MESSAGES, else LANG.
func ByLocale(getenv func(string) string) Printer {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if locale := getenv(name); locale != "" {
			return Printer{chinese: strings.HasPrefix(strings.ToLower(locale), "zh")}
		}
	}
	return English
}

// ByName is the language of a name that a person gives.
func ByName(name string) (Printer, bool) {
	switch name {
	case "en":
		return English, true
	case "zh":
		return Chinese, true
	default:
		return English, false
	}
}

// Name is the language's: en or zh.
func (p Printer) Name() string {
	if p.chinese {
		return "zh"
	}
	return "en"
}

// Text is a message without verbs.
func (p Printer) Text(english string) string {
	if p.chinese {
		if text, known := catalogue[english]; known {
			return text
		}
	}
	return english
}

// Textf is a message with verbs, which both languages share.
func (p Printer) Textf(english string, args ...any) string {
	return fmt.Sprintf(p.Text(english), args...)
}

// Catalogue is every message with its Chinese text.
func Catalogue() map[string]string { return maps.Clone(catalogue) }

var catalogue = merged()

// parts are the messages by what says them.
func parts() []map[string]string {
	return []map[string]string{
		helpWords(), requestHelp(), ownerHelp(), requestWords(), statusWords(), planWords(), explainWords(), exportWords(),
		doctorHelp(), doctorWords(), accessFindings(), companyFindings(), storeFindings(), temporalFindings(),
	}
}

func merged() map[string]string {
	all := map[string]string{}
	for _, part := range parts() {
		maps.Copy(all, part)
	}
	return all
}
