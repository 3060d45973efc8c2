package scanfleet

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const eventCharacters = 1_048_576

// rawEvent is an event as it came over the wire.
type rawEvent struct {
	Type string `json:"type"`
	ID   string `json:"id"`
	Data string `json:"data"`
}

// sseParser turns pieces of a stream into events, as
// https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation says.
type sseParser struct {
	limit    int // of a line, and of an event's data, in bytes
	retry    time.Duration
	hasRetry bool
	begun    bool
	afterCR  bool
	line     []byte
	lastID   string
	kind     string
	data     []string
	size     int
}

func newSSEParser(limit int) *sseParser { return &sseParser{limit: limit} }

// feed gives the events that the bytes complete.
func (p *sseParser) feed(piece []byte) ([]rawEvent, error) {
	var events []rawEvent
	for len(piece) > 0 {
		if p.afterCR {
			p.afterCR = false
			piece = bytes.TrimPrefix(piece, []byte("\n"))
			continue
		}
		end := bytes.IndexAny(piece, "\r\n")
		if end < 0 {
			p.line = append(p.line, piece...)
			return events, p.bound(len(p.line))
		}
		p.line = append(p.line, piece[:end]...)
		p.afterCR = piece[end] == '\r'
		piece = piece[end+1:]
		line := p.line
		p.line = p.line[:0]
		if err := p.bound(len(line)); err != nil {
			return events, err
		}
		event, err := p.take(strings.ToValidUTF8(string(p.withoutMark(line)), "\uFFFD"))
		if err != nil {
			return events, err
		}
		if event != nil {
			events = append(events, *event)
		}
	}
	return events, nil
}

// withoutMark takes a byte order mark off the stream's first line.
func (p *sseParser) withoutMark(line []byte) []byte {
	if p.begun {
		return line
	}
	p.begun = true
	return bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))
}

func (p *sseParser) bound(size int) error {
	if size > p.limit {
		return &UnexpectedAnswerError{fmt.Sprintf("an event is longer than %d bytes", p.limit)}
	}
	return nil
}

// take takes a line, and gives the event that it ends.
func (p *sseParser) take(line string) (*rawEvent, error) {
	if line == "" {
		return p.dispatch(), nil
	}
	name, value, _ := strings.Cut(line, ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "data":
		p.data = append(p.data, value)
		p.size += len(value) + 1
		return nil, p.bound(p.size)
	case "event":
		p.kind = value
	case "id":
		if !strings.Contains(value, "\x00") {
			p.lastID = value
		}
	case "retry":
		if milliseconds, err := strconv.Atoi(value); err == nil && digits.MatchString(value) {
			p.retry, p.hasRetry = time.Duration(milliseconds)*time.Millisecond, true
		}
	}
	return nil, nil
}

func (p *sseParser) dispatch() *rawEvent {
	event := rawEvent{p.kind, p.lastID, strings.Join(p.data, "\n")}
	some := len(p.data) > 0
	p.kind, p.data, p.size = "", nil, 0
	if !some {
		return nil
	}
	if event.Type == "" {
		event.Type = "message"
	}
	return &event
}
