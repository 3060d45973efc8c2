package scanfleet

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

const (
	unexpected        = "UNEXPECTED_ANSWER"
	mask              = "[credential]"
	messageCharacters = 1_000
)

// Kinds of APIError, for errors.Is. They follow the HTTP status.
var (
	// ErrInvalidRequest is 400, 405, 413, 415 and other 4xx: the request itself is wrong; Param names the field.
	ErrInvalidRequest = errors.New("invalid_request")
	// ErrAuthentication is 401: no credential, or one that isn't valid.
	ErrAuthentication = errors.New("authentication")
	// ErrPermission is 403: the credential doesn't allow it.
	ErrPermission = errors.New("permission")
	// ErrNotFound is 404.
	ErrNotFound = errors.New("not_found")
	// ErrConflict is 409: the state forbids it.
	ErrConflict = errors.New("conflict")
	// ErrRateLimit is 429: a limit is used up; RetryAfter says for how long.
	ErrRateLimit = errors.New("rate_limit")
	// ErrServer is 5xx: the service, or something before it, has a problem.
	ErrServer = errors.New("server")
	errOther  = errors.New("api")
)

// APIError is an error that the service answered with. No text in it holds the caller's credential.
type APIError struct {
	// Status is the HTTP status.
	Status int
	// Code is the contract's, such as INVALID_URL; UNEXPECTED_ANSWER where the answer wasn't the service's own.
	Code string
	// Message is a sentence for people.
	Message string
	// Param is the field or parameter that is at fault, if one is.
	Param string
	// RetryAfter is how long to wait before another try; 0 where the service didn't say.
	RetryAfter time.Duration
	// RequestID is what to name when asking the service's operators.
	RequestID string
}

// Error tells everything about it in a line.
func (e *APIError) Error() string {
	var extra []string
	if e.Param != "" {
		extra = append(extra, "param "+e.Param)
	}
	if e.RetryAfter > 0 {
		extra = append(extra, "retry after "+e.RetryAfter.String())
	}
	if e.RequestID != "" {
		extra = append(extra, "request "+e.RequestID)
	}
	text := fmt.Sprintf("scanfleet: %d %s: %s", e.Status, e.Code, e.Message)
	if len(extra) > 0 {
		text += " (" + strings.Join(extra, ", ") + ")"
	}
	return text
}

// Is tells whether it is of a kind, such as ErrNotFound.
func (e *APIError) Is(target error) bool { return target == e.kind() }

func (e *APIError) kind() error {
	switch {
	case e.Status >= 500:
		return ErrServer
	case e.Status < 400:
		return errOther
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return ErrAuthentication
	case http.StatusForbidden:
		return ErrPermission
	case http.StatusNotFound:
		return ErrNotFound
	case http.StatusConflict:
		return ErrConflict
	case http.StatusTooManyRequests:
		return ErrRateLimit
	}
	return ErrInvalidRequest
}

// ConnectionError tells that there was no answer, or only a part of one: refused, broken off, or not verifiable (TLS).
type ConnectionError struct{ message string }

func (e *ConnectionError) Error() string { return "scanfleet: " + e.message }

// TimeoutError tells that the answer didn't come, or didn't go on, in time.
type TimeoutError struct{ message string }

func (e *TimeoutError) Error() string { return "scanfleet: " + e.message }

// Timeout is true, as net.Error has it.
func (e *TimeoutError) Timeout() bool { return true }

// UnexpectedAnswerError tells of a success that doesn't look as the API's contract says, or is too long to take.
type UnexpectedAnswerError struct{ message string }

func (e *UnexpectedAnswerError) Error() string { return "scanfleet: " + e.message }

// WaitTimeoutError tells that a scan hadn't ended when the time to wait for it was over. It goes on.
type WaitTimeoutError struct {
	// ScanID is what to ask for later.
	ScanID string
	// Timeout is how long was waited.
	Timeout time.Duration
	// Last is why the last look failed, if it did.
	Last error
}

func (e *WaitTimeoutError) Error() string {
	return fmt.Sprintf("scanfleet: scan %s has not ended within %s; it goes on", e.ScanID, e.Timeout)
}

// Unwrap is why the last look failed, if it did.
func (e *WaitTimeoutError) Unwrap() error { return e.Last }

// SignatureError tells that a webhook's message can't be trusted.
type SignatureError struct {
	// Reason is malformed, mismatch or expired.
	Reason  string
	message string
}

func (e *SignatureError) Error() string { return "scanfleet: " + e.message }

func masked(text, credential string) string {
	if credential == "" {
		return text
	}
	return strings.ReplaceAll(text, credential, mask)
}

// stranger is what to say of an answer that isn't this API's.
func stranger(status int, header http.Header) string {
	location := header.Get("Location")
	if status >= 400 || location == "" {
		return fmt.Sprintf("The server answered %d with something else than this API's errors.", status)
	}
	where := "another path"
	if strings.HasPrefix(location, "http://") || strings.HasPrefix(location, "https://") {
		where = strings.Join(strings.SplitN(location, "/", 4)[:3], "/")
	}
	return "The server redirects to " + where + "; redirects aren't followed: give the client the address to use."
}

// apiError is the error that an answer means; nothing in it holds the credential.
func apiError(status int, header http.Header, body []byte, now time.Time, credential string) *APIError {
	var told struct {
		Error map[string]any `json:"error"`
		Meta  map[string]any `json:"meta"`
	}
	wait, _ := readRetryAfter(header.Get("Retry-After"), now)
	found := &APIError{Status: status, Code: unexpected, RetryAfter: wait, RequestID: header.Get("X-Request-Id")}
	bad := json.Unmarshal(body, &told)
	code, hasCode := told.Error["code"].(string)
	message, hasMessage := told.Error["message"].(string)
	if bad != nil || !hasCode || !hasMessage {
		found.Message = masked(stranger(status, header), credential)
		return found
	}
	found.Code, found.Message = masked(code, credential), cut(masked(message, credential))
	if param, ok := told.Error["param"].(string); ok {
		found.Param = masked(param, credential)
	}
	if seconds, ok := told.Error["retry_after"].(float64); ok && seconds >= 0 && seconds < 1e9 && seconds == float64(int(seconds)) {
		found.RetryAfter = time.Duration(seconds) * time.Second
	}
	if id, ok := told.Meta["request_id"].(string); ok {
		found.RequestID = id
	}
	return found
}

func cut(text string) string {
	if letters := []rune(text); len(letters) > messageCharacters {
		return string(letters[:messageCharacters])
	}
	return text
}
