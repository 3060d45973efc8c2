package scanfleet

import (
	"context"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

func bytesOf(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

func near(a, b time.Duration) bool { return math.Abs(float64(a-b)) < float64(time.Microsecond) }

func TestWebhookVectors(t *testing.T) {
	var told struct {
		Cases []struct {
			Name, Secret, Header, Result string
			Body                         string `json:"body_base64"`
			Now                          int64
		}
	}
	vectors(t, "webhooks", &told)
	for _, one := range told.Cases {
		t.Run(one.Name, func(t *testing.T) {
			result := "ok"
			err := verifySignatureAt(bytesOf(t, one.Body), one.Header, one.Secret, time.Unix(one.Now, 0))
			var wrong *SignatureError
			if errors.As(err, &wrong) {
				result = wrong.Reason
			} else if err != nil {
				t.Fatal(err)
			}
			if result != one.Result {
				t.Errorf("%s instead of %s", result, one.Result)
			}
		})
	}
}

type policyVector struct {
	Attempts         int
	Base, Cap, Total float64
}

func (p policyVector) policy() RetryPolicy {
	return RetryPolicy{p.Attempts, seconds(p.Base), seconds(p.Cap), seconds(p.Total)}
}

func TestRetryVectors(t *testing.T) {
	var told struct {
		Policy policyVector
		Cases  []struct {
			Name, Method    string
			Key             bool `json:"idempotency_key"`
			Attempt         int
			Elapsed, Random float64
			Failure         struct {
				Status     int
				RetryAfter float64 `json:"retry_after"`
				Transport  string
			}
			Wait *float64
		}
	}
	vectors(t, "retries", &told)
	if told.Policy.policy() != DefaultRetryPolicy() {
		t.Error("the policy of the vectors isn't the default one")
	}
	for _, one := range told.Cases {
		t.Run(one.Name, func(t *testing.T) {
			var err error = &APIError{Status: one.Failure.Status, RetryAfter: seconds(one.Failure.RetryAfter)}
			switch one.Failure.Transport {
			case "connection":
				err = &ConnectionError{"lost"}
			case "timeout":
				err = &TimeoutError{"lost"}
			}
			wrong := failed{one.Method, one.Key, one.Attempt, seconds(one.Elapsed), err}
			wait, again := told.Policy.policy().pause(wrong, one.Random)
			if again != (one.Wait != nil) || again && !near(wait, seconds(*one.Wait)) {
				t.Errorf("%v %v", wait, again)
			}
		})
	}
}

func TestBackoffVectors(t *testing.T) {
	var told struct {
		Base, Cap float64
		Cases     []struct {
			Attempt    int
			Random     float64
			RetryAfter float64 `json:"retry_after"`
			Seconds    float64
		}
		RetryAfter []struct {
			Header  string
			Now     int64
			Seconds *float64
		} `json:"retry_after"`
	}
	vectors(t, "backoff", &told)
	policy := RetryPolicy{1, seconds(told.Base), seconds(told.Cap), time.Minute}
	for _, one := range told.Cases {
		if wait := policy.backoff(one.Attempt, one.Random, seconds(one.RetryAfter)); !near(wait, seconds(one.Seconds)) {
			t.Errorf("%+v: %v", one, wait)
		}
	}
	for _, one := range told.RetryAfter {
		wait, some := readRetryAfter(one.Header, time.Unix(one.Now, 0))
		if some != (one.Seconds != nil) || some && wait != seconds(*one.Seconds) {
			t.Errorf("%q: %v %v", one.Header, wait, some)
		}
	}
}

func TestErrorVectors(t *testing.T) {
	var told struct {
		Cases []struct {
			Name, Body, Credential string
			Status                 int
			Headers                map[string]string
			Now                    int64
			Expect                 struct {
				Kind, Code, Message, Param string
				Status                     int
				RetryAfter                 float64 `json:"retry_after"`
				RequestID                  string  `json:"request_id"`
			}
		}
	}
	vectors(t, "errors", &told)
	for _, one := range told.Cases {
		t.Run(one.Name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range one.Headers {
				header.Set(name, value)
			}
			found := apiError(one.Status, header, []byte(one.Body), time.Unix(one.Now, 0), one.Credential)
			wanted := APIError{
				one.Expect.Status, one.Expect.Code, one.Expect.Message, one.Expect.Param,
				seconds(one.Expect.RetryAfter), one.Expect.RequestID,
			}
			if *found != wanted || found.kind().Error() != one.Expect.Kind {
				t.Errorf("%#v instead of %#v", *found, wanted)
			}
			if one.Credential != "" && strings.Contains(found.Error(), one.Credential) {
				t.Error(found)
			}
		})
	}
}

func TestSSEVectors(t *testing.T) {
	var told struct {
		Cases []struct {
			Name, Error string
			Chunks      []string `json:"chunks_base64"`
			Events      []rawEvent
			Retry       *int64
			Limit       int
		}
	}
	vectors(t, "sse", &told)
	for _, one := range told.Cases {
		t.Run(one.Name, func(t *testing.T) {
			if one.Limit == 0 {
				one.Limit = eventCharacters
			}
			parser := newSSEParser(one.Limit)
			events, wrong := []rawEvent{}, ""
			for _, chunk := range one.Chunks {
				found, err := parser.feed(bytesOf(t, chunk))
				events = append(events, found...)
				if err != nil {
					wrong = "too_long"
					break
				}
			}
			if !reflect.DeepEqual(events, one.Events) || wrong != one.Error {
				t.Errorf("%+v %s", events, wrong)
			}
			if parser.hasRetry != (one.Retry != nil) || parser.hasRetry && parser.retry.Milliseconds() != *one.Retry {
				t.Error(parser.retry)
			}
		})
	}
}

func TestURLVectors(t *testing.T) {
	var told struct {
		Cases []struct {
			Name, Base, Path, URL, Error string
			IDs                          []string
			Query                        [][2]any
		}
	}
	vectors(t, "urls", &told)
	for _, one := range told.Cases {
		t.Run(one.Name, func(t *testing.T) {
			var query []pair
			for _, two := range one.Query {
				query = append(query, pair{two[0].(string), two[1]})
			}
			base, err := apiBase(one.Base)
			made := ""
			if err == nil {
				made, err = addressOf(base, one.Path, one.IDs, query)
			}
			if made != one.URL {
				t.Errorf("%s instead of %s", made, one.URL)
			}
			want := map[string]string{"": "", "id": "scanfleet: id: ", "base": "scanfleet: baseURL: "}[one.Error]
			if (err != nil) != (one.Error != "") || err != nil && !strings.HasPrefix(err.Error(), want) {
				t.Error(err)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Error(err)
			}
		})
	}
}

func TestPagingVectors(t *testing.T) {
	type pagingCase struct {
		Name    string
		Replies []struct {
			Items      []struct{ URL string }
			NextCursor *string `json:"next_cursor"`
			PerPage    int     `json:"per_page"`
			Total      int
		}
		Requests []map[string]string
		Items    []string
		Error    string
	}
	var told struct{ Cursor, Number []pagingCase }
	vectors(t, "paging", &told)
	walk := func(t *testing.T, one pagingCase, make func(func(string, any)) *Pager[struct{ URL string }]) {
		requests, items, wrong := []map[string]string{}, []string{}, ""
		pager := make(func(name string, value any) {
			request := map[string]string{}
			if address, err := addressOf("", "", nil, []pair{{name, value}}); value != nil && err == nil {
				request[name] = strings.TrimPrefix(address, "?"+name+"=")
			}
			requests = append(requests, request)
		})
		for pager.Next(context.Background()) {
			items = append(items, pager.Item().URL)
		}
		if pager.Err() != nil {
			wrong = "loop"
		}
		wanted := []map[string]string{}
		for _, request := range one.Requests {
			encodedRequest := map[string]string{}
			for name, value := range request {
				encodedRequest[name] = encoded(value)
			}
			wanted = append(wanted, encodedRequest)
		}
		if !reflect.DeepEqual(requests, wanted) || !reflect.DeepEqual(items, one.Items) || wrong != one.Error {
			t.Errorf("%v %v %q", requests, items, wrong)
		}
	}
	for _, one := range told.Cursor {
		t.Run(one.Name, func(t *testing.T) {
			next := 0
			walk(t, one, func(note func(string, any)) *Pager[struct{ URL string }] {
				return byCursor(func(_ context.Context, cursor string) ([]struct{ URL string }, *string, error) {
					note("cursor", given(cursor))
					next++
					return one.Replies[next-1].Items, one.Replies[next-1].NextCursor, nil
				})
			})
		})
	}
	for _, one := range told.Number {
		t.Run(one.Name, func(t *testing.T) {
			walk(t, one, func(note func(string, any)) *Pager[struct{ URL string }] {
				return byNumber(func(_ context.Context, number int) ([]struct{ URL string }, int, int, error) {
					note("page", number)
					reply := one.Replies[number-1]
					return reply.Items, reply.PerPage, reply.Total, nil
				})
			})
		})
	}
}
