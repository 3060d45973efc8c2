package scanfleet

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// RetryPolicy is how often and how long a call is tried. Only reads, and starts of scans (by their Idempotency-Key), are
// ever repeated.
type RetryPolicy struct {
	// Attempts is tries in all, the first included; 1 switches repeating off.
	Attempts int
	// Base: the first pause is drawn from 0 to this, and each range is twice the one before.
	Base time.Duration
	// Cap: no range is larger.
	Cap time.Duration
	// Total is from the first try's begin, pauses and tries included. A pause that would end later isn't begun.
	Total time.Duration
}

// DefaultRetryPolicy is the policy of a client that isn't given one.
func DefaultRetryPolicy() RetryPolicy {
	return RetryPolicy{Attempts: 4, Base: 500 * time.Millisecond, Cap: 8 * time.Second, Total: time.Minute}
}

func (p RetryPolicy) check() error {
	if p.Attempts < 1 {
		return errors.New("scanfleet: Attempts: at least 1")
	}
	for name, value := range map[string]time.Duration{"Base": p.Base, "Cap": p.Cap, "Total": p.Total} {
		if value < 0 {
			return fmt.Errorf("scanfleet: %s: at least 0", name)
		}
	}
	return nil
}

// backoff is how long to pause after attempt number attempt: what the server asks for, and full jitter on top of it.
// drawn is a random number in [0, 1). Jitter also follows a Retry-After, since all clients are told the same one.
func (p RetryPolicy) backoff(attempt int, drawn float64, retryAfter time.Duration) time.Duration {
	reach := math.Min(float64(p.Cap), float64(p.Base)*math.Pow(2, math.Min(float64(attempt-1), 60)))
	return retryAfter + time.Duration(drawn*reach)
}

// curable tells whether another try may go better.
func curable(err error) bool {
	var told *APIError
	if errors.As(err, &told) {
		switch told.Status {
		case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	var lost *ConnectionError
	var late *TimeoutError
	return errors.As(err, &lost) || errors.As(err, &late)
}

// askedFor is how long the service asks to wait; 0 where it doesn't say.
func askedFor(err error) time.Duration {
	var told *APIError
	if errors.As(err, &told) {
		return told.RetryAfter
	}
	return 0
}

// failed is an attempt at a call that went wrong.
type failed struct {
	method  string
	keyed   bool
	attempt int
	elapsed time.Duration
	err     error
}

// pause is how long to wait before the call is repeated; false when it must not be.
//
// Only reads, and calls with an Idempotency-Key, are ever repeated: of any other the server may have done its part
// before the answer was lost.
func (p RetryPolicy) pause(f failed, drawn float64) (time.Duration, bool) {
	if f.attempt >= p.Attempts || !(f.method == http.MethodGet || f.keyed) || !curable(f.err) {
		return 0, false
	}
	wait := p.backoff(f.attempt, drawn, askedFor(f.err))
	return wait, f.elapsed+wait < p.Total
}

var digits = regexp.MustCompile(`^[0-9]{1,9}$`)

// readRetryAfter reads both forms of RFC 9110, section 10.2.3: seconds, and a date; false where the header says nothing
// that can be read.
func readRetryAfter(header string, now time.Time) (time.Duration, bool) {
	text := strings.TrimSpace(header)
	if digits.MatchString(text) {
		seconds, err := strconv.Atoi(text)
		return time.Duration(seconds) * time.Second, err == nil
	}
	at, err := time.Parse(http.TimeFormat, text)
	if err != nil {
		return 0, false
	}
	return time.Duration(math.Max(0, math.Ceil(at.Sub(now).Seconds()))) * time.Second, true
}
