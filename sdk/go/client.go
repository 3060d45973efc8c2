package scanfleet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"time"
)

// Options of a client; the zero value is a guest's, with the default limits.
type Options struct {
	// Token is an API key (sk_…), or the token of a log-in.
	Token Secret
	// Timeout is for one try of a call, from its begin to the last byte; 30 s by default.
	Timeout time.Duration
	// Retry is how often and how long calls are tried; DefaultRetryPolicy by default.
	Retry *RetryPolicy
	// HTTPClient gives its Transport. Its redirects, cookies and timeout aren't used.
	HTTPClient *http.Client
}

// Client is a caller of one service; without a token it is a guest, known by address. It may be used by several
// goroutines.
//
// Errors are an *APIError for what the service refuses (see ErrNotFound and its like), a *ConnectionError or
// *TimeoutError for what got lost, an *UnexpectedAnswerError, the context's own, or a plain one for arguments that can't
// be sent.
type Client struct{ transport *transport }

// New makes a client of the service at baseURL, such as https://seo.example.com; nothing is sent yet.
func New(baseURL string, options Options) (*Client, error) {
	made, err := newTransport(baseURL, options)
	if err != nil {
		return nil, err
	}
	return &Client{made}, nil
}

// String names the service, and never the credential.
func (c *Client) String() string { return "scanfleet.Client(" + c.transport.base + ")" }

// GoString is String, so that %#v doesn't show the credential either.
func (c *Client) GoString() string { return c.String() }

// Ptr is a pointer to a value, for options that tell "not given" from zero.
func Ptr[T any](value T) *T { return &value }

func ids(values ...string) []string { return values }

func newKey() (string, error) {
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		return "", err
	}
	return "go-" + hex.EncodeToString(random), nil
}

// do makes a call whose answer stands in the contract's envelope.
func do[T any](ctx context.Context, c *Client, method, path string, given arguments) (*T, error) {
	answer := new(T)
	if err := c.transport.data(ctx, method, path, given, answer); err != nil {
		return nil, err
	}
	return answer, nil
}

// ListChecks gives the catalogue of checks.
func (c *Client) ListChecks(ctx context.Context) (*CheckList, error) {
	return do[CheckList](ctx, c, "GET", "/checks", arguments{})
}

// GetOpenapi gives the API's OpenAPI document.
func (c *Client) GetOpenapi(ctx context.Context) (map[string]any, error) {
	var document map[string]any
	err := c.transport.call(ctx, "GET", "/openapi.json", arguments{}, &document)
	return document, err
}
