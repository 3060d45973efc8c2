package scanfleet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	paceLeast    = 2 * time.Second // the contract asks clients to look every 2 to 3 s
	paceMost     = 3 * time.Second
	silence      = 30 * time.Second // the service sends a comment every 10 s
	defaultWait  = time.Hour
	statusEnded  = http.StatusNoContent
	eventIDBytes = 200
)

// WaitOptions of waiting for a scan, or watching it.
type WaitOptions struct {
	// Timeout is how long to wait; an hour by default.
	Timeout time.Duration
	// OnProgress is called with each answer.
	OnProgress func(*Scan)
}

func (o WaitOptions) timeout() time.Duration {
	if o.Timeout <= 0 {
		return defaultWait
	}
	return o.Timeout
}

// WaitForScan gives the scan once it has ended, whether complete, stopped or in error: look at Status.
//
// It asks every 2 to 3 s, and rides out failures that may pass. The error is a *WaitTimeoutError when time is over.
func (c *Client) WaitForScan(ctx context.Context, scanID string, options WaitOptions) (*Scan, error) {
	t := c.transport
	deadline := t.clock().Add(options.timeout())
	for {
		wait := paceLeast + time.Duration(t.draw()*float64(paceMost-paceLeast))
		within := deadline.Sub(t.clock())
		if within < paceLeast {
			within = paceLeast
		}
		asked := arguments{ids: ids(scanID), within: within}
		scan, err := do[Scan](ctx, c, "GET", "/scans/{scan_id}", asked)
		if err != nil && !curable(err) {
			return nil, err
		}
		if err == nil && options.OnProgress != nil {
			options.OnProgress(scan)
		}
		if err == nil && scan.Status != StatusRunning {
			return scan, nil
		}
		if asked := askedFor(err); asked > wait {
			wait = asked
		}
		if !t.clock().Add(wait).Before(deadline) {
			return nil, &WaitTimeoutError{scanID, options.timeout(), err}
		}
		if err := t.sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// Event is one of a watched scan; one of its fields is set.
type Event struct {
	Progress *ProgressEvent
	Finding  *FindingEvent
	End      *EndEvent
}

// WatchScan calls tell with a scan's events as they happen, the last one an End; each kind of finding comes once.
//
// It connects again when a connection breaks. The error is tell's own, a *WaitTimeoutError when time is over, or what
// the last of too many failures in a row was.
func (c *Client) WatchScan(ctx context.Context, scanID string, options WaitOptions, tell func(Event) error) error {
	if _, err := addressOf("", eventsPath, ids(scanID), nil); err != nil {
		return err
	}
	w := &watch{transport: c.transport, scanID: scanID, timeout: options.timeout(), tell: tell, told: map[string]bool{}}
	w.deadline = w.transport.clock().Add(w.timeout)
	for !w.ended {
		err := w.connection(ctx)
		if w.refused != nil {
			return w.refused
		}
		if !w.ended {
			if err := w.rest(ctx, err); err != nil {
				return err
			}
		}
	}
	return nil
}

const eventsPath = "/scans/{scan_id}/events"

// watch is one scan's events, over as many connections as it takes.
type watch struct {
	transport *transport
	scanID    string
	timeout   time.Duration
	deadline  time.Time
	tell      func(Event) error
	lastID    string
	retry     time.Duration
	failures  int
	ended     bool
	refused   error // what tell said
	told      map[string]bool
}

func (w *watch) left() (time.Duration, error) {
	left := w.deadline.Sub(w.transport.clock())
	if left <= 0 {
		return 0, &WaitTimeoutError{w.scanID, w.timeout, nil}
	}
	return left, nil
}

// rest pauses before the next connection, or gives up.
func (w *watch) rest(ctx context.Context, failure error) error {
	t := w.transport
	w.failures++
	if !curable(failure) || w.failures >= t.policy.Attempts {
		return failure
	}
	least := askedFor(failure)
	if w.retry > least {
		least = w.retry
	}
	wait := t.policy.backoff(w.failures, t.draw(), least)
	left, err := w.left()
	if err != nil {
		return err
	}
	if wait >= left {
		return &WaitTimeoutError{w.scanID, w.timeout, failure}
	}
	return t.sleep(ctx, wait)
}

// within is the smaller of a limit and what is left in all.
func (w *watch) within(limit time.Duration) (time.Duration, error) {
	left, err := w.left()
	if left < limit {
		limit = left
	}
	return limit, err
}

// connection listens until the stream or the scan ends; an error unless it was the scan.
func (w *watch) connection(ctx context.Context) error {
	limit, err := w.within(w.transport.timeout)
	if err != nil {
		return err
	}
	asked, err := w.transport.prepare("GET", eventsPath, arguments{ids: ids(w.scanID)})
	if err != nil {
		return err
	}
	asked.accept = "text/event-stream"
	// A header can't hold just anything, and an id that this service wouldn't send is none to send back.
	if len(w.lastID) <= eventIDBytes && visible.MatchString(w.lastID) {
		asked.lastID = w.lastID
	}
	s, err := w.transport.open(ctx, asked, limit)
	if err != nil {
		return err
	}
	defer s.close()
	w.ended = s.status == statusEnded
	parser := newSSEParser(eventCharacters)
	for !w.ended {
		if err := w.piece(s, parser); err != nil {
			return err
		}
	}
	return nil
}

func (w *watch) piece(s *stream, parser *sseParser) error {
	limit, err := w.within(silence)
	if err != nil {
		return err
	}
	piece, err := s.read(limit)
	if errors.Is(err, io.EOF) {
		return &ConnectionError{"the stream of events ended before the scan did"}
	}
	if err != nil {
		return err
	}
	events, broken := parser.feed(piece)
	if parser.hasRetry {
		w.retry = parser.retry
	}
	for _, raw := range events {
		w.lastID, w.failures = raw.ID, 0
		if err := w.take(raw); err != nil || w.ended {
			return err
		}
	}
	return broken
}

// take tells of an event, except of what a newer service adds, and of a finding that was told of before.
func (w *watch) take(raw rawEvent) error {
	var event Event
	var into any
	switch raw.Type {
	case "progress":
		event.Progress = new(ProgressEvent)
		into = event.Progress
	case "finding":
		event.Finding = new(FindingEvent)
		into = event.Finding
	case "end":
		event.End = new(EndEvent)
		into = event.End
	default:
		return nil
	}
	if err := json.Unmarshal([]byte(raw.Data), into); err != nil {
		return &UnexpectedAnswerError{"an event isn't a " + raw.Type + ": " + err.Error()}
	}
	if event.Finding != nil {
		key := event.Finding.Check + " " + string(event.Finding.Severity)
		if w.told[key] {
			return nil
		}
		w.told[key] = true
	}
	w.refused = w.tell(event)
	w.ended = event.End != nil
	return w.refused
}
