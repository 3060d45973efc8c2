package scanfleet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

const testToken = "sk_live_0123456789abcdefghijklmnopqrstuvwxyzABCD"

type faultVectors struct {
	Policy  policyVector
	Timeout float64
	Cases   []struct {
		Name, Call, Result string
		Answers            []answer
		Requests           int
		SameKey            any `json:"same_key"`
	}
}

func (v faultVectors) client(t *testing.T, address string) *Client {
	t.Helper()
	policy := v.Policy.policy()
	client, err := New(address, Options{Token: testToken, Timeout: seconds(v.Timeout), Retry: &policy})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func made(client *Client, call string) error {
	ctx := context.Background()
	var err error
	switch call {
	case "list_checks":
		_, err = client.ListChecks(ctx)
	case "create_scan":
		_, err = client.CreateScan(ctx, "https://example.com/", CreateScanOptions{})
	case "create_scans":
		_, err = client.CreateScans(ctx, []string{"https://example.com/"}, CreateScansOptions{})
	case "create_token":
		_, err = client.CreateToken(ctx, "laptop", CreateTokenOptions{})
	case "revoke_token":
		_, err = client.RevokeToken(ctx, "0199c29f-10aa-7b6e-a3f4-5c2d9e8b7a60")
	default:
		err = errors.New("no such call")
	}
	return err
}

func outcome(err error) string {
	var told *APIError
	var lost *ConnectionError
	var late *TimeoutError
	var strange *UnexpectedAnswerError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &told):
		return told.kind().Error()
	case errors.As(err, &lost):
		return "connection"
	case errors.As(err, &late):
		return "timeout"
	case errors.As(err, &strange):
		return "unexpected"
	}
	return err.Error()
}

func TestFaultVectors(t *testing.T) {
	var told faultVectors
	vectors(t, "faults", &told)
	for _, one := range told.Cases {
		t.Run(one.Name, func(t *testing.T) {
			other := faulty(t, "", told.Cases[0].Answers[0])
			server := faulty(t, strings.Replace(other.address, "127.0.0.1", "localhost", 1), one.Answers...)
			client := told.client(t, server.address)
			err := made(client, one.Call)
			if outcome(err) != one.Result {
				t.Errorf("%v instead of %s", err, one.Result)
			}
			if shown := fmt.Sprintf("%v %#v %+v %s", err, err, client, Options{Token: testToken}.Token); strings.Contains(shown, testToken) {
				t.Error(shown)
			}
			seen, keys, bodies := server.seen(), map[string]bool{}, map[string]bool{}
			for _, request := range seen {
				keys[request.header.Get("Idempotency-Key")] = true
				bodies[request.body] = true
				if request.header.Get("Authorization") != "Bearer "+testToken {
					t.Error(request.header)
				}
			}
			if len(seen) != one.Requests || len(other.seen()) != 0 || len(bodies) != 1 {
				t.Errorf("%d requests instead of %d, %d elsewhere, %d bodies", len(seen), one.Requests, len(other.seen()), len(bodies))
			}
			keyed := one.Call == "create_scan" || one.Call == "create_scans"
			if len(keys) != 1 || keys[""] == keyed || one.SameKey == true && !keyed {
				t.Errorf("keys %v", keys)
			}
		})
	}
}

func TestADeletionOnAKeptConnectionIsntRepeatedByTheLibrary(t *testing.T) {
	var told faultVectors
	vectors(t, "faults", &told)
	server := faulty(t, "", told.Cases[0].Answers[0], answer{Drop: true})
	client := told.client(t, server.address)
	if err := made(client, "list_checks"); err != nil {
		t.Fatal(err)
	}
	if err := made(client, "revoke_token"); outcome(err) != "connection" {
		t.Error(err)
	}
	if seen := server.seen(); len(seen) != 2 || !strings.HasPrefix(seen[1].line, "DELETE ") {
		t.Error(seen)
	}
}

func TestEveryStartHasAKeyOfItsOwnUnlessOneIsGiven(t *testing.T) {
	body := `{"success": true, "data": {"scan_id": "1", "status": "running", "poll_url": "/"}, "meta": {}}`
	server := faulty(t, "", answer{Status: 202, Body: body})
	client := faultVectors{Policy: policyVector{1, 0, 0, 10}, Timeout: 5}.client(t, server.address)
	for _, key := range []string{"", "", "order-7"} {
		if _, err := client.CreateScan(context.Background(), "https://example.com/", CreateScanOptions{IdempotencyKey: key}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.CreateScan(context.Background(), "x", CreateScanOptions{IdempotencyKey: "a\r\nb"}); err == nil {
		t.Error("a key with line ends was taken")
	}
	keys := map[string]bool{}
	for _, request := range server.seen() {
		keys[request.header.Get("Idempotency-Key")] = true
	}
	if len(keys) != 3 || !keys["order-7"] {
		t.Error(keys)
	}
}

func TestACallersContextEndsACallAndItsPauses(t *testing.T) {
	hanging := faulty(t, "", answer{Hang: true})
	away := faulty(t, "", answer{Status: 503, Headers: map[string]string{"Retry-After": "20"}})
	for _, server := range []*faultServer{hanging, away} {
		client, err := New(server.address, Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		_, err = client.ListChecks(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	}
}

func TestOptionsThatCantBeTaken(t *testing.T) {
	for _, token := range []Secret{"a b", "a\r\nX-Evil: 1", "ä"} {
		if _, err := New("http://127.0.0.1:9", Options{Token: token}); err == nil || strings.Contains(err.Error(), string(token)) {
			t.Errorf("%q: %v", string(token), err)
		}
	}
	for _, policy := range []RetryPolicy{{}, {Attempts: 1, Base: -1}, {Attempts: 1, Cap: -1}, {Attempts: 1, Total: -1}} {
		policy := policy
		if _, err := New("http://127.0.0.1:9", Options{Retry: &policy}); err == nil {
			t.Errorf("%+v was taken", policy)
		}
	}
	if _, err := New("http://127.0.0.1:9", Options{Timeout: -1}); err == nil {
		t.Error("a negative timeout was taken")
	}
}
