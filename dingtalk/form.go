package dingtalk

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"dakasync/attendance"
	"dakasync/dingtalk/internal/loose"
)

const (
	// maxFormDepth bounds containers in containers.
	maxFormDepth = 4
	// maxFormParts bounds what is read of one form: people, spans, make-ups.
	maxFormParts = 1000
)

// The component types that matter (oa-formcomponent-message).
const (
	componentHoliday   = "DDHolidayField"
	componentDateRange = "DDDateRangeField"
	componentRow       = "row" // ours: one row of a TableField
)

// component is one field of a form, whichever way it was written: with its
// alias and label on it or in props, its value as JSON or as a text of it.
type component struct {
	kind     string // componentType
	name     string // the label
	alias    string // bizAlias, lower case: the meaning, where the form is one of DingTalk's suites
	suite    string // bizType of a suite
	value    json.RawMessage
	ext      json.RawMessage
	children []component
}

// form is an approval's form.
type form struct {
	components []component
	originator string
	loc        *time.Location
}

// readForm reads formComponentValues. What cannot be read is not there.
func readForm(raw json.RawMessage, originator string, loc *time.Location) form {
	return form{components: readComponents(raw, maxFormDepth), originator: originator, loc: loc}
}

func readComponents(raw json.RawMessage, depth int) []component {
	list, ok := loose.ParseArray(raw)
	if !ok || depth == 0 {
		return nil
	}
	var components []component
	for _, item := range list {
		if o, ok := loose.ParseObject(item); ok {
			components = append(components, readComponent(o, depth))
		}
	}
	return components
}

func readComponent(o loose.Object, depth int) component {
	if row := o.Get("rowvalue"); row != nil {
		return component{kind: componentRow, children: readComponents(row, depth-1)}
	}
	props := o.Object("props")
	either := func(names ...string) string {
		if s := o.String(names...); s != "" {
			return s
		}
		return props.String(names...)
	}
	c := component{
		kind:  either("componenttype", "componentname"),
		name:  either("name", "label"),
		alias: strings.ToLower(either("bizalias")),
		suite: either("biztype"),
		value: o.Get("value"),
		ext:   o.Get("extvalue", "extendvalue"),
	}
	if c.suite == "" {
		c.suite = c.extObject().String("biztype")
	}
	if container(c.value) {
		c.children = readComponents(c.value, depth-1)
	}
	return c
}

// container reports whether a value is a list of components or rows.
func container(value json.RawMessage) bool {
	list, ok := loose.ParseArray(value)
	if !ok || len(list) == 0 {
		return false
	}
	o, ok := loose.ParseObject(list[0])
	if !ok {
		return false
	}
	return slices.ContainsFunc([]string{"props", "bizalias", "componenttype", "componentname", "rowvalue"}, o.Has)
}

func (c component) extObject() loose.Object {
	o, _ := loose.ParseObject(c.ext)
	return o
}

// walk visits components, containers before what they hold, until visit says
// no.
func walk(components []component, visit func(component) bool) bool {
	for _, c := range components {
		if !visit(c) || !walk(c.children, visit) {
			return false
		}
	}
	return true
}

// kind is what the form says that it is about, ApprovalOther if it does not
// say: first the suite or the tag that it bears, then its fields. The title
// only tells a trip from an outing, or names what has a beginning and an end.
func (f form) kind(title string) attendance.ApprovalKind {
	found := attendance.ApprovalOther
	for _, judge := range []func(component) attendance.ApprovalKind{kindOfSuite, kindOfTag, kindOfField} {
		walk(f.components, func(c component) bool {
			found = judge(c)
			return found == attendance.ApprovalOther
		})
		if found != attendance.ApprovalOther {
			return found
		}
	}
	travels, lasts, words := false, false, ""
	walk(f.components, func(c component) bool {
		travels = travels || isTraveler(c)
		lasts = lasts || c.alias == aliasStart
		if c.alias == "type" {
			words = loose.Text(c.value)
		}
		return true
	})
	if !travels && !lasts {
		return attendance.ApprovalOther
	}
	for _, said := range []string{words, title} {
		if kind := kindOfWords(said); kind != attendance.ApprovalOther {
			return kind
		}
	}
	if travels {
		return attendance.ApprovalOut
	}
	return attendance.ApprovalOther
}

func kindOfSuite(c component) attendance.ApprovalKind {
	switch strings.ToLower(c.suite) {
	case "attendance.supply":
		return attendance.ApprovalMakeUp
	case "attendance.batchovertime", "attendance.overtime":
		return attendance.ApprovalOvertime
	case "attendance.goout":
		return attendance.ApprovalOut
	case "alitrip.business", "attendance.business", "attendance.trip":
		return attendance.ApprovalTrip
	case "attendance.leave":
		return attendance.ApprovalLeave
	}
	switch c.alias {
	case "supply":
		return attendance.ApprovalMakeUp
	case "batchovertime", "overtime":
		return attendance.ApprovalOvertime
	case "goout":
		return attendance.ApprovalOut
	default:
		return attendance.ApprovalOther
	}
}

func kindOfTag(c component) attendance.ApprovalKind {
	return kindOfWords(c.extObject().String("pushtag"))
}

func kindOfField(c component) attendance.ApprovalKind {
	switch {
	case c.kind == componentHoliday:
		return attendance.ApprovalLeave
	case makeUpRank(c) < ranks:
		return attendance.ApprovalMakeUp
	case isPartner(c):
		return attendance.ApprovalOvertime
	default:
		return attendance.ApprovalOther
	}
}

func kindOfWords(s string) attendance.ApprovalKind {
	for _, word := range []struct {
		text string
		kind attendance.ApprovalKind
	}{
		{"补卡", attendance.ApprovalMakeUp},
		{"请假", attendance.ApprovalLeave},
		{"加班", attendance.ApprovalOvertime},
		{"出差", attendance.ApprovalTrip},
		{"外出", attendance.ApprovalOut},
	} {
		if strings.Contains(s, word.text) {
			return word.kind
		}
	}
	return attendance.ApprovalOther
}
