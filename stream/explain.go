package stream

import (
	"encoding/json"
	"errors"
	"strings"
)

// ErrCredentials says that DingTalk does not accept the app.
var ErrCredentials = errors.New("DingTalk does not accept the app: check DINGTALK_CLIENT_ID and DINGTALK_CLIENT_SECRET, that the app receives events in Stream mode, and that a version of it is published")

// explain turns the SDK's error into one that a person can act on. Where the
// gateway refused, the SDK's error is the body of its answer.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var body struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	text := err.Error()
	if json.Unmarshal([]byte(text), &body) == nil && body.Code != "" {
		if body.Code == "authFailed" || strings.HasPrefix(strings.ToLower(body.Code), "invalidclient") {
			return &dialError{text: "the gateway answered " + body.Code, err: ErrCredentials}
		}
		return &dialError{text: "the gateway answered " + body.Code + " " + withoutTicket(body.Message)}
	}
	return &dialError{text: withoutTicket(text)}
}

// dialError holds no more of the original than may be shown.
type dialError struct {
	text string
	err  error
}

func (e *dialError) Error() string {
	if e.err != nil {
		return e.err.Error() + " (" + e.text + ")"
	}
	return "cannot connect to DingTalk Stream: " + e.text
}

func (e *dialError) Unwrap() error { return e.err }
