package scanfleet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	answerBytes    = 64 << 20 // 500 pages with all their findings are some 5 MB
	errorBytes     = 64 << 10
	tokenBytes     = 8_000
	keyBytes       = 255
	connectTimeout = 10 * time.Second
)

// transport speaks to one service.
type transport struct {
	base    string
	timeout time.Duration
	policy  RetryPolicy
	http    *http.Client

	// Tests hand in a clock, a pause and a random number of their own.
	clock func() time.Time
	sleep func(context.Context, time.Duration) error
	draw  func() float64

	mutex sync.RWMutex
	token string
}

func newTransport(baseURL string, options Options) (*transport, error) {
	base, err := apiBase(baseURL)
	if err != nil {
		return nil, err
	}
	made := &transport{
		base: base, timeout: 30 * time.Second, policy: DefaultRetryPolicy(), http: httpClient(options.HTTPClient),
		clock: time.Now, sleep: rest, draw: rand.New(rand.NewSource(time.Now().UnixNano())).Float64,
	}
	made.draw = locked(made.draw)
	if options.Timeout < 0 {
		return nil, errors.New("scanfleet: Timeout: at least 0")
	}
	if options.Timeout > 0 {
		made.timeout = options.Timeout
	}
	if options.Retry != nil {
		made.policy = *options.Retry
	}
	if err := made.policy.check(); err != nil {
		return nil, err
	}
	return made, made.use(string(options.Token))
}

// locked makes a source of random numbers safe for several callers at once.
func locked(draw func() float64) func() float64 {
	var mutex sync.Mutex
	return func() float64 {
		mutex.Lock()
		defer mutex.Unlock()
		return draw()
	}
}

// httpClient is a client that follows no redirect, so that the credential goes nowhere else, and keeps no cookies.
//
// When a connection that was kept turns out to be closed, net/http itself sends a read, or a call with an
// Idempotency-Key, again on a new one; never any other call.
func httpClient(from *http.Client) *http.Client {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if from != nil {
		client.Transport = from.Transport
		return client
	}
	client.Transport = &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connectTimeout, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 8,
		IdleConnTimeout:     15 * time.Second, // the service closes them after 20 s
		TLSHandshakeTimeout: connectTimeout,
	}
	return client
}

func rest(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// use sets the credential; none for "".
func (t *transport) use(token string) error {
	if token != "" && (!visible.MatchString(token) || len(token) > tokenBytes) {
		return errors.New("scanfleet: Token: want an API key or the token of a log-in, without blanks or line ends")
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.token = token
	return nil
}

func (t *transport) credential() string {
	t.mutex.RLock()
	defer t.mutex.RUnlock()
	return t.token
}

// stream is a response whose body is read piece by piece, with a deadline for each piece.
type stream struct {
	status int
	header http.Header
	body   io.ReadCloser
	timer  *time.Timer
	cancel context.CancelFunc
	late   atomic.Bool
	ctx    context.Context
	from   *transport
	buffer []byte
}

func (s *stream) read(within time.Duration) ([]byte, error) {
	s.timer.Reset(within)
	size, err := s.body.Read(s.buffer)
	s.timer.Stop() // how long the caller takes is its own business
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, s.from.told(s.ctx, err, s.late.Load())
	}
	if size > 0 {
		return s.buffer[:size], nil
	}
	return nil, err
}

func (s *stream) close() {
	s.timer.Stop()
	s.cancel()
	_ = s.body.Close() // nothing of it is wanted any more
}

// whole is the body; beyond most bytes cut, or an *UnexpectedAnswerError.
func (s *stream) whole(most int, within time.Duration, short bool) ([]byte, error) {
	deadline := s.from.clock().Add(within)
	var body bytes.Buffer
	for {
		piece, err := s.read(deadline.Sub(s.from.clock()))
		body.Write(piece)
		switch {
		case body.Len() > most && short:
			return body.Bytes()[:most], nil
		case body.Len() > most:
			return nil, &UnexpectedAnswerError{fmt.Sprintf("the answer is longer than %d bytes", most)}
		case errors.Is(err, io.EOF):
			return body.Bytes(), nil
		case err != nil:
			return nil, err
		}
	}
}

// told turns net/http's errors into ours; what the caller's context has to say comes first.
func (t *transport) told(ctx context.Context, err error, late bool) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case late:
		return &TimeoutError{t.base + ": no answer in time"}
	}
	return &ConnectionError{masked(t.base+": no connection, or it broke off: "+err.Error(), t.credential())}
}

// request is a call that is ready to be sent, any number of times.
type request struct {
	method string
	url    string
	accept string
	body   []byte
	key    string
	lastID string
}

// open gives a response whose body is still to be read; an answer that is an error is one.
func (t *transport) open(ctx context.Context, asked request, within time.Duration) (*stream, error) {
	inner, cancel := context.WithCancel(ctx)
	s := &stream{ctx: ctx, cancel: cancel, from: t, buffer: make([]byte, 64<<10), body: http.NoBody}
	s.timer = time.AfterFunc(within, func() {
		s.late.Store(true)
		cancel()
	})
	httpRequest, err := t.httpRequest(inner, asked)
	if err != nil {
		s.close()
		return nil, err
	}
	response, err := t.http.Do(httpRequest)
	s.timer.Stop()
	if err != nil {
		s.close()
		return nil, t.told(ctx, err, s.late.Load())
	}
	s.status, s.header, s.body = response.StatusCode, response.Header, response.Body
	if s.status >= 200 && s.status < 300 {
		return s, nil
	}
	defer s.close()
	body, err := s.whole(errorBytes, within, true)
	if err != nil {
		return nil, err
	}
	return nil, apiError(s.status, s.header, body, time.Now(), t.credential())
}

func (t *transport) httpRequest(ctx context.Context, asked request) (*http.Request, error) {
	var body io.Reader
	if asked.body != nil {
		body = bytes.NewReader(asked.body)
	}
	made, err := http.NewRequestWithContext(ctx, asked.method, asked.url, body)
	if err != nil {
		return nil, errors.New("scanfleet: the address of the call can't be read")
	}
	made.Header.Set("User-Agent", "scanfleet-go/"+Version)
	for name, value := range map[string]string{"Accept": asked.accept, "Idempotency-Key": asked.key, "Last-Event-ID": asked.lastID} {
		if value != "" {
			made.Header.Set(name, value)
		}
	}
	if asked.body != nil {
		made.Header.Set("Content-Type", "application/json")
	}
	if token := t.credential(); token != "" {
		made.Header.Set("Authorization", "Bearer "+token)
	}
	return made, nil
}

// repeat does attempt as often as the policy allows; all in all at most within, if that isn't 0.
func (t *transport) repeat(ctx context.Context, asked request, within time.Duration, attempt func(time.Duration) error) error {
	policy, began := t.policy, t.clock()
	if within > 0 && within < policy.Total {
		policy.Total = within
	}
	for number := 1; ; number++ {
		limit := t.timeout
		if left := policy.Total - t.clock().Sub(began); (number > 1 || within > 0) && left < limit {
			limit = left
		}
		err := attempt(limit)
		if err == nil {
			return nil
		}
		wrong := failed{asked.method, asked.key != "", number, t.clock().Sub(began), err}
		wait, again := policy.pause(wrong, t.draw())
		if !again {
			return err
		}
		if err := t.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// arguments of a call besides its method and path.
type arguments struct {
	ids    []string
	query  []pair
	body   any
	key    string
	within time.Duration
}

func (t *transport) prepare(method, path string, given arguments) (request, error) {
	url, err := addressOf(t.base, path, given.ids, given.query)
	asked := request{method: method, url: url, accept: "application/json", key: given.key}
	if err == nil && given.key != "" && (!visible.MatchString(given.key) || len(given.key) > keyBytes) {
		err = errors.New("scanfleet: IdempotencyKey: 1 to 255 visible ASCII characters")
	}
	if err == nil && given.body != nil {
		asked.body, err = json.Marshal(given.body)
	}
	return asked, err
}

// call reads the answer to a call into out, whatever JSON it is.
func (t *transport) call(ctx context.Context, method, path string, given arguments, out any) error {
	asked, err := t.prepare(method, path, given)
	if err != nil {
		return err
	}
	var answer []byte
	err = t.repeat(ctx, asked, given.within, func(limit time.Duration) error {
		began := t.clock()
		s, err := t.open(ctx, asked, limit)
		if err != nil {
			return err
		}
		defer s.close()
		answer, err = s.whole(answerBytes, limit-t.clock().Sub(began), false)
		return err
	})
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, out); err != nil {
		return &UnexpectedAnswerError{fmt.Sprintf("%s %s: %s", method, path, err)}
	}
	return nil
}

// data reads what stands in the contract's envelope into out.
func (t *transport) data(ctx context.Context, method, path string, given arguments, out any) error {
	var envelope struct {
		Success bool            `json:"success"`
		Data    json.RawMessage `json:"data"`
	}
	if err := t.call(ctx, method, path, given, &envelope); err != nil {
		return err
	}
	if !envelope.Success || len(envelope.Data) == 0 || envelope.Data[0] != '{' {
		return &UnexpectedAnswerError{method + " " + path + ": the answer has no data; is this the address of the API?"}
	}
	if err := json.Unmarshal(envelope.Data, out); err != nil {
		return &UnexpectedAnswerError{fmt.Sprintf("%s %s: %s", method, path, err)}
	}
	return nil
}
