package scanfleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const testID = "0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11"

func wrapped(data string) answer {
	return answer{Status: 200, Body: `{"success": true, "data": ` + data + `, "meta": {}}`}
}

func refusal(status int, code, retryAfter string) answer {
	body := fmt.Sprintf(`{"success": false, "error": {"code": %q, "message": "No."}, "meta": {}}`, code)
	told := answer{Status: status, Body: body}
	if retryAfter != "" {
		told.Headers = map[string]string{"Retry-After": retryAfter}
	}
	return told
}

func scanAnswer(status string, done int) answer {
	return wrapped(fmt.Sprintf(`{"scan_id": %q, "status": %q, "progress": {"phase": "fetching", "done": %d}, "new": 1}`, testID, status, done))
}

func streamed(text string) answer {
	// Without a connection that is kept: net/http itself sends a read again when such a one turns out to be closed.
	return answer{Status: 200, Headers: map[string]string{"Connection": "close"}, Body: text}
}

const (
	progressText = "id: h.0\nevent: progress\ndata: {\"status\": \"running\", \"phase\": \"fetching\", \"done\": 1}\n\n"
	findingText  = "id: %s\nevent: finding\ndata: {\"check\": \"title.missing\", \"severity\": \"high\"}\n\n"
	endText      = "id: end\nevent: end\ndata: {\"status\": \"complete\", \"score\": 81.5, \"grade\": \"B\"}\n\n"
)

// patience is time that passes only while a client pauses.
type patience struct {
	now    time.Time
	pauses []float64
}

func patient(t *testing.T, address string, attempts int) (*Client, *patience) {
	t.Helper()
	policy := DefaultRetryPolicy()
	policy.Attempts = attempts
	client, err := New(address, Options{Retry: &policy})
	if err != nil {
		t.Fatal(err)
	}
	p := &patience{now: time.Unix(0, 0)}
	client.transport.clock = func() time.Time { return p.now }
	client.transport.draw = func() float64 { return 0.5 }
	client.transport.sleep = func(_ context.Context, wait time.Duration) error {
		p.pauses = append(p.pauses, wait.Seconds())
		p.now = p.now.Add(wait)
		return nil
	}
	return client, p
}

func same(t *testing.T, found, wanted any) {
	t.Helper()
	if !reflect.DeepEqual(found, wanted) {
		t.Errorf("%v instead of %v", found, wanted)
	}
}

func TestWaitingAsksAtTheContractsPaceAndTellsOfProgress(t *testing.T) {
	server := faulty(t, "", scanAnswer("running", 1), scanAnswer("running", 2), scanAnswer("complete", 9))
	client, p := patient(t, server.address, 4)
	var seen []int
	scan, err := client.WaitForScan(context.Background(), testID, WaitOptions{OnProgress: func(one *Scan) {
		seen = append(seen, one.Progress.Done)
	}})
	if err != nil || scan.Status != StatusComplete {
		t.Fatal(scan, err)
	}
	same(t, seen, []int{1, 2, 9})
	same(t, p.pauses, []float64{2.5, 2.5})
}

func TestWaitingRidesOutWhatPassesButNotWhatStays(t *testing.T) {
	away := refusal(503, "SERVICE_UNAVAILABLE", "7")
	server := faulty(t, "", away, away, away, answer{Drop: true}, scanAnswer("stopped", 0))
	client, p := patient(t, server.address, 1)
	if scan, err := client.WaitForScan(context.Background(), testID, WaitOptions{}); err != nil || scan.Status != StatusStopped {
		t.Fatal(scan, err)
	}
	if p.pauses[0] != 7 || p.pauses[1] != 7 || p.pauses[2] != 7 {
		t.Error(p.pauses)
	}
	gone := faulty(t, "", refusal(404, "NOT_FOUND", ""))
	client, _ = patient(t, gone.address, 4)
	if _, err := client.WaitForScan(context.Background(), testID, WaitOptions{}); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	same(t, len(gone.seen()), 1)
}

func TestWaitingEndsAtItsDeadline(t *testing.T) {
	server := faulty(t, "", scanAnswer("running", 0))
	client, p := patient(t, server.address, 4)
	_, err := client.WaitForScan(context.Background(), testID, WaitOptions{Timeout: time.Minute})
	var late *WaitTimeoutError
	if !errors.As(err, &late) || late.ScanID != testID {
		t.Fatal(err)
	}
	same(t, p.now.Sub(time.Unix(0, 0)).Seconds(), 57.5)
	same(t, len(server.seen()), 24)
}

func kinds(events *[]string) func(Event) error {
	return func(event Event) error {
		switch {
		case event.Progress != nil:
			*events = append(*events, "progress")
		case event.Finding != nil:
			*events = append(*events, "finding")
		case event.End != nil:
			*events = append(*events, "end")
		}
		return nil
	}
}

func TestWatchingGoesOnAfterABreakAndTellsEachFindingOnce(t *testing.T) {
	server := faulty(t, "",
		streamed("retry: 3000\n\n"+progressText+fmt.Sprintf(findingText, "h.1")),
		answer{Drop: true},
		refusal(503, "SERVICE_UNAVAILABLE", "5"),
		streamed(fmt.Sprintf(findingText, "k.1")+"event: news\ndata: {}\n\n"+endText),
	)
	client, p := patient(t, server.address, 4)
	var events, ids []string
	if err := client.WatchScan(context.Background(), testID, WaitOptions{}, kinds(&events)); err != nil {
		t.Fatal(err)
	}
	for _, request := range server.seen() {
		ids = append(ids, request.header.Get("Last-Event-Id"))
	}
	same(t, events, []string{"progress", "finding", "end"})
	same(t, ids, []string{"", "h.1", "h.1", "h.1"})
	same(t, p.pauses, []float64{3.25, 3.5, 6})
}

func TestWatchingGivesUpAfterFailuresInARowAndAtItsDeadline(t *testing.T) {
	dead := faulty(t, "", answer{Drop: true})
	client, _ := patient(t, dead.address, 4)
	var events []string
	if err := client.WatchScan(context.Background(), testID, WaitOptions{}, kinds(&events)); outcome(err) != "connection" {
		t.Error(err)
	}
	same(t, len(dead.seen()), 4)
	endless := faulty(t, "", streamed(progressText))
	client, _ = patient(t, endless.address, 4)
	err := client.WatchScan(context.Background(), testID, WaitOptions{Timeout: 10 * time.Second}, kinds(&events))
	var late *WaitTimeoutError
	if !errors.As(err, &late) {
		t.Error(err)
	}
	enough := errors.New("enough")
	err = client.WatchScan(context.Background(), testID, WaitOptions{}, func(Event) error { return enough })
	if !errors.Is(err, enough) {
		t.Error(err)
	}
}

func TestWatchingAScanThatHasEndedEnds(t *testing.T) {
	server := faulty(t, "", streamed(progressText), answer{Status: 204})
	client, _ := patient(t, server.address, 4)
	var events []string
	if err := client.WatchScan(context.Background(), testID, WaitOptions{}, kinds(&events)); err != nil {
		t.Error(err)
	}
	same(t, events, []string{"progress"})
}

func TestExportsAreWholeOrNotThere(t *testing.T) {
	whole := answer{Status: 200, Body: strings.Repeat("x", 300_000)}
	cut := answer{Status: 200, Body: whole.Body, Headers: map[string]string{"Content-Length": "400000"}, Cut: true}
	server := faulty(t, "", whole, whole, whole, cut)
	client, err := New(server.address, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, folder := context.Background(), t.TempDir()
	if size, err := client.ExportFile(ctx, testID, ExportFormatJSON, filepath.Join(folder, "a.json")); err != nil || size != 300_000 {
		t.Error(size, err)
	}
	if body, err := client.ExportBytes(ctx, testID, ExportFormatCSV); err != nil || len(body) != 300_000 {
		t.Error(len(body), err)
	}
	if _, err := client.exportBytes(ctx, testID, ExportFormatPDF, 1_000); outcome(err) != "unexpected" {
		t.Error(err)
	}
	if _, err := client.ExportFile(ctx, testID, ExportFormatJSON, filepath.Join(folder, "b.json")); outcome(err) != "connection" {
		t.Error(err)
	}
	if _, err := client.ExportBytes(ctx, testID, "../../tokens"); err == nil || !strings.Contains(err.Error(), "format") {
		t.Error(err)
	}
	found, err := os.ReadDir(folder)
	if err != nil || len(found) != 1 || found[0].Name() != "a.json" {
		t.Error(found, err)
	}
}

func TestAnExportThatCantBeginIsTriedAgain(t *testing.T) {
	server := faulty(t, "", refusal(503, "SERVICE_UNAVAILABLE", "5"), answer{Drop: true}, answer{Status: 200, Body: "{}"})
	client, p := patient(t, server.address, 4)
	body, err := client.ExportBytes(context.Background(), testID, ExportFormatJSON)
	if err != nil || string(body) != "{}" {
		t.Error(string(body), err)
	}
	if p.pauses[0] != 5.25 {
		t.Error(p.pauses)
	}
}

func TestALogInIsUsedUntilTheLogOutAndNeverShown(t *testing.T) {
	token := "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh"
	checks := wrapped(`{"items": [], "total": 0}`)
	server := faulty(t, "", wrapped(`{"access_token": "`+token+`", "token_type": "Bearer", "expires_in": 86400}`), checks, wrapped(`{"revoked": true}`), checks)
	client, _ := patient(t, server.address, 1)
	ctx := context.Background()
	loggedIn, err := client.Login(ctx, "ann@example.com", "correct horse")
	if err != nil || string(loggedIn.AccessToken) != token {
		t.Fatal(loggedIn, err)
	}
	options := ScanOptions{BasicAuth: &BasicAuth{Username: "u", Password: Secret(token)}}
	if shown := fmt.Sprintf("%v %+v %#v %s %+v", loggedIn, *loggedIn, loggedIn, loggedIn.AccessToken, *options.BasicAuth); strings.Contains(shown, token) {
		t.Error(shown)
	}
	if text, err := json.Marshal(options); err != nil || !strings.Contains(string(text), token) {
		t.Error(string(text), err)
	}
	_, first := client.ListChecks(ctx)
	_, second := client.Logout(ctx)
	_, third := client.ListChecks(ctx)
	if err := firstOf(first, second, third); err != nil {
		t.Fatal(err)
	}
	var credentials []string
	for _, request := range server.seen() {
		credentials = append(credentials, request.header.Get("Authorization"))
	}
	same(t, credentials, []string{"", "Bearer " + token, "Bearer " + token, ""})
}

func TestAWebhooksMessageIsReadOnceItIsVerified(t *testing.T) {
	var told struct {
		Cases []struct {
			Header, Secret string
			Body           string `json:"body_base64"`
			Now            int64
		}
	}
	vectors(t, "webhooks", &told)
	one := told.Cases[0]
	event, err := readWebhookAt(bytesOf(t, one.Body), one.Header, one.Secret, time.Unix(one.Now, 0))
	if err != nil || event.Event != EventNameScanComplete || *event.Data.Score != 81.5 || event.Data.Issues.High != 2 {
		t.Error(event, err)
	}
	if _, err := ReadWebhook(bytesOf(t, one.Body), one.Header, one.Secret); err == nil || !strings.Contains(err.Error(), "replay") {
		t.Error(err)
	}
	if err := VerifySignature(bytesOf(t, one.Body), one.Header, ""); err == nil || !strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
