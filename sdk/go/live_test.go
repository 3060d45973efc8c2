//go:build live

package scanfleet

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// The client against a running service; where that is stands in the environment (tests/sdk of the project sets it).

func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Fatalf("%s isn't set", name)
	}
	return value
}

func live(t *testing.T, token string) *Client {
	t.Helper()
	client, err := New(setting(t, "SCANFLEET_URL"), Options{Token: Secret(token)})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func keyed(t *testing.T) (*Client, string) {
	t.Helper()
	return live(t, setting(t, "SCANFLEET_KEY")), setting(t, "SCANFLEET_SITE") + "/"
}

// need is the value, or the end of the test.
func need[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func everything[T any](t *testing.T, pager *Pager[T]) []T {
	t.Helper()
	var items []T
	for pager.Next(context.Background()) {
		items = append(items, pager.Item())
	}
	if pager.Err() != nil {
		t.Fatal(pager.Err())
	}
	return items
}

func is(t *testing.T, err, kind error, code string) {
	t.Helper()
	var told *APIError
	if !errors.Is(err, kind) || !errors.As(err, &told) || code != "" && told.Code != code {
		t.Errorf("%v instead of %v %s", err, kind, code)
	}
}

var once struct {
	sync.Once
	scan *Scan
}

// complete is a scan of the whole sample site.
func complete(t *testing.T) *Scan {
	t.Helper()
	once.Do(func() {
		client, site := keyed(t)
		ctx, seen := context.Background(), -1
		options := CreateScanOptions{Mode: ModeSitemap, Options: &ScanOptions{MaxPages: Ptr(50)}}
		started := need[*ScanAccepted](t)(client.CreateScan(ctx, site, options))
		wait := WaitOptions{Timeout: 90 * time.Second, OnProgress: func(now *Scan) { seen = now.Progress.Done }}
		scan := need[*Scan](t)(client.WaitForScan(ctx, started.ScanID, wait))
		if scan.Status != StatusComplete || seen != scan.Progress.Found {
			t.Fatalf("%+v %d", scan, seen)
		}
		once.scan = scan
	})
	if once.scan == nil {
		t.Fatal("there is no complete scan")
	}
	return once.scan
}

func TestLiveResult(t *testing.T) {
	client, _ := keyed(t)
	ctx, scan := context.Background(), complete(t)
	if scan.Result.Score <= 0 || scan.Result.Score >= 100 {
		t.Error(scan.Result.Score)
	}
	addresses := map[string]bool{}
	pages := everything(t, client.IterPages(scan.ScanID, ListPagesOptions{Limit: 3}))
	for _, page := range pages {
		addresses[page.URL] = true
	}
	if len(pages) != scan.Progress.Found || len(addresses) != len(pages) || len(pages) <= 6 {
		t.Errorf("%d pages, %d addresses", len(pages), len(addresses))
	}
	issues := everything(t, client.IterIssues(scan.ScanID, ListIssuesOptions{Limit: 5}))
	counts := scan.Result.Totals.Issues
	if len(issues) != counts.Critical+counts.High+counts.Medium+counts.Low+counts.Info {
		t.Errorf("%d issues", len(issues))
	}
	high := everything(t, client.IterIssues(scan.ScanID, ListIssuesOptions{Severity: SeverityHigh}))
	for _, one := range high {
		same(t, one.Severity, SeverityHigh)
	}
	found := everything(t, client.IterPages(scan.ScanID, ListPagesOptions{Check: high[0].Check}))
	same(t, len(found), high[0].Pages)
	none := need[*PageList](t)(client.ListPages(ctx, scan.ScanID, ListPagesOptions{URL: "no such address"}))
	same(t, len(none.Items), 0)
	some := need[*PageList](t)(client.ListPages(ctx, scan.ScanID, ListPagesOptions{Status: 200, Limit: 1}))
	if some.NextCursor == nil {
		t.Error("there should be another page")
	}
}

func TestLiveHistoryAndDifference(t *testing.T) {
	client, _ := keyed(t)
	scan, known := complete(t), false
	for _, one := range everything(t, client.IterHistory(ListHistoryOptions{PerPage: 1, Mode: ModeSitemap, Status: StatusComplete})) {
		known = known || one.ScanID == scan.ScanID
	}
	diff := need[*Diff](t)(client.GetDiff(context.Background(), scan.ScanID, GetDiffOptions{Against: scan.ScanID}))
	if !known || *diff.ScoreChange != 0 || len(diff.Issues.New) != 0 || diff.Pages.Changed.Total != 0 {
		t.Errorf("%v %+v", known, diff)
	}
}

func TestLiveExports(t *testing.T) {
	client, _ := keyed(t)
	ctx, scan, path := context.Background(), complete(t), filepath.Join(t.TempDir(), "scan.json")
	size := need[int64](t)(client.ExportFile(ctx, scan.ScanID, ExportFormatJSON, path))
	text := need[[]byte](t)(os.ReadFile(path))
	var told struct{ Scan Scan }
	if err := json.Unmarshal(text, &told); err != nil || told.Scan.ScanID != scan.ScanID || int64(len(text)) != size {
		t.Error(err, told.Scan.ScanID, size)
	}
	if csv := need[[]byte](t)(client.ExportBytes(ctx, scan.ScanID, ExportFormatCSV)); !strings.HasPrefix(string(csv), "\uFEFF") {
		t.Error("no byte order mark")
	}
	if pdf := need[[]byte](t)(client.ExportBytes(ctx, scan.ScanID, ExportFormatPDF)); !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Error("no PDF")
	}
}

func TestLiveEvents(t *testing.T) {
	client, site := keyed(t)
	ctx := context.Background()
	options := CreateScanOptions{Options: &ScanOptions{DelayMS: Ptr(0)}}
	started := need[*ScanAccepted](t)(client.CreateScan(ctx, site, options))
	var events []string
	if err := client.WatchScan(ctx, started.ScanID, WaitOptions{Timeout: time.Minute}, kinds(&events)); err != nil {
		t.Fatal(err)
	}
	all := strings.Join(events, " ")
	if !strings.HasSuffix(all, "end") || !strings.Contains(all, "progress") || !strings.Contains(all, "finding") {
		t.Error(all)
	}
}

func TestLiveStarts(t *testing.T) {
	client, site := keyed(t)
	ctx, options := context.Background(), CreateScanOptions{IdempotencyKey: "go-live-1"}
	first := need[*ScanAccepted](t)(client.CreateScan(ctx, site, options))
	same(t, need[*ScanAccepted](t)(client.CreateScan(ctx, site, options)).ScanID, first.ScanID)
	_, err := client.CreateScan(ctx, site+"other", options)
	is(t, err, ErrConflict, "CONFLICT")
	many := need[*BulkAccepted](t)(client.CreateScans(ctx, []string{site, "ftp://example.com/"}, CreateScansOptions{}))
	if many.Items[0].ScanID == nil || many.Items[1].Error == nil || many.Items[1].Error.Code != "INVALID_URL" {
		t.Errorf("%+v", many)
	}
	slow := CreateScanOptions{Mode: ModeCrawl, Options: &ScanOptions{DelayMS: Ptr(10_000), Concurrency: Ptr(1)}}
	running := need[*ScanAccepted](t)(client.CreateScan(ctx, site, slow))
	same(t, need[*Scan](t)(client.StopScan(ctx, running.ScanID)).ScanID, running.ScanID)
	ended := need[*Scan](t)(client.WaitForScan(ctx, running.ScanID, WaitOptions{Timeout: time.Minute}))
	same(t, ended.Status, StatusStopped)
	_, err = client.StopScan(ctx, running.ScanID)
	is(t, err, ErrConflict, "CONFLICT")
}

func TestLiveRefusals(t *testing.T) {
	client, _ := keyed(t)
	ctx := context.Background()
	_, err := client.CreateScan(ctx, "gopher://example.com/", CreateScanOptions{})
	is(t, err, ErrInvalidRequest, "INVALID_URL")
	var told *APIError
	if !errors.As(err, &told) || told.Param != "url" || told.RequestID == "" {
		t.Error(err)
	}
	_, err = client.GetScan(ctx, testID)
	is(t, err, ErrNotFound, "NOT_FOUND")
	_, err = live(t, "sk_live_wrong").GetProfile(ctx)
	is(t, err, ErrAuthentication, "INVALID_TOKEN")
}

func TestLiveKeys(t *testing.T) {
	client, site := keyed(t)
	ctx := context.Background()
	made := need[*TokenSecret](t)(client.CreateToken(ctx, "from a test", CreateTokenOptions{Scopes: []Scope{ScopeRead}, Mode: KeyModeLive}))
	reader := live(t, string(made.Token))
	same(t, need[*Profile](t)(reader.GetProfile(ctx)).Email, setting(t, "SCANFLEET_EMAIL"))
	_, err := reader.CreateScan(ctx, site, CreateScanOptions{})
	is(t, err, ErrPermission, "INSUFFICIENT_SCOPE")
	if again := need[*TokenSecret](t)(client.RegenerateToken(ctx, made.ID)); again.Token == made.Token {
		t.Error("the secret is the same")
	}
	if gone := need[*TokenItem](t)(client.RevokeToken(ctx, made.ID)); gone.RevokedAt == nil {
		t.Error("it isn't revoked")
	}
	if list := need[*TokenList](t)(client.ListTokens(ctx)); len(list.Items) == 0 {
		t.Error("there are no keys")
	}
}

func TestLiveLogIn(t *testing.T) {
	client, email := live(t, ""), setting(t, "SCANFLEET_EMAIL")
	ctx := context.Background()
	_, err := client.Login(ctx, email, "another password")
	is(t, err, ErrAuthentication, "INVALID_CREDENTIALS")
	need[*LoggedIn](t)(client.Login(ctx, email, setting(t, "SCANFLEET_PASSWORD")))
	same(t, need[*Verified](t)(client.Verify(ctx)).Email, email)
	need[*Usage](t)(client.GetUsage(ctx))
	same(t, need[*LoggedOut](t)(client.Logout(ctx)).Revoked, true)
	_, err = client.GetProfile(ctx)
	is(t, err, ErrAuthentication, "MISSING_AUTH")
	same(t, need[*Registered](t)(client.Register(ctx, "go@example.com", "a long enough password")).Tier, "free")
}

func TestLiveGuest(t *testing.T) {
	guest, site := live(t, ""), setting(t, "SCANFLEET_SITE")+"/"
	ctx := context.Background()
	var err error
	for times := 0; times < 2 && err == nil; times++ {
		var started *ScanAccepted
		if started, err = guest.CreateScan(ctx, site, CreateScanOptions{}); err == nil {
			need[*Scan](t)(guest.GetScan(ctx, started.ScanID))
		}
	}
	is(t, err, ErrRateLimit, "RATE_LIMIT_EXCEEDED")
	if askedFor(err) <= time.Hour {
		t.Error(err)
	}
}

func TestLiveCatalogue(t *testing.T) {
	client, _ := keyed(t)
	checks := need[*CheckList](t)(client.ListChecks(context.Background()))
	if checks.Total != len(checks.Items) || checks.Total <= 300 {
		t.Error(checks.Total)
	}
	document := need[map[string]any](t)(client.GetOpenapi(context.Background()))
	same(t, document["info"].(map[string]any)["version"], any(APIVersion))
}

func TestLiveMonitors(t *testing.T) {
	client, site := keyed(t)
	ctx := context.Background()
	rules := []AlertRule{{Kind: AlertKindScoreBelow, Score: Ptr(100.0)}, {Kind: AlertKindScanFailed}}
	options := CreateMonitorOptions{Timezone: "Europe/Berlin", Name: "Shop", Enabled: Ptr(false), Alerts: rules}
	made := need[*MonitorItem](t)(client.CreateMonitor(ctx, site, "daily", options))
	if made.Schedule != "daily" || made.Enabled || made.NextRunAt != nil {
		t.Errorf("%+v", made)
	}
	same(t, need[*MonitorItem](t)(client.ChangeMonitor(ctx, made.ID, MonitorChange{Name: "Shop 2"})).Name, "Shop 2")
	same(t, need[*MonitorItem](t)(client.GetMonitor(ctx, made.ID)).Name, "Shop 2")
	same(t, len(everything(t, client.IterMonitors(ListOptions{Limit: 1}))), 1)
	run := need[*ScanAccepted](t)(client.RunMonitor(ctx, made.ID))
	scan := need[*Scan](t)(client.WaitForScan(ctx, run.ScanID, WaitOptions{Timeout: time.Minute}))
	if scan.MonitorID == nil || *scan.MonitorID != made.ID {
		t.Errorf("%+v", scan)
	}
	runs := everything(t, client.IterRuns(made.ID, ListOptions{}))
	if len(runs) != 1 || runs[0].Outcome != RunOutcomeByHand || *runs[0].ScanID != run.ScanID {
		t.Errorf("%+v", runs)
	}
	same(t, made.Alerts, rules)
	everything(t, client.IterAlerts(made.ID, ListOptions{}))
	same(t, len(need[*MonitorItem](t)(client.ChangeMonitor(ctx, made.ID, MonitorChange{Alerts: &[]AlertRule{}})).Alerts), 0)
	pages := everything(t, client.IterPageHistory(made.ID, site, ListOptions{}))
	if len(pages) != 1 || pages[0].ScanID != run.ScanID {
		t.Errorf("%+v", pages)
	}
	same(t, need[*MonitorDeleted](t)(client.DeleteMonitor(ctx, made.ID)).Deleted, true)
}

func TestLiveWebhook(t *testing.T) {
	client, site := keyed(t)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	type message struct {
		body   []byte
		header string
	}
	got := make(chan message, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			got <- message{body, r.Header.Get(SignatureHeader)}
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	hook := need[*WebhookSecret](t)(client.CreateWebhook(ctx, server.URL+"/hook", EventNameScanComplete))
	started := need[*ScanAccepted](t)(client.CreateScan(ctx, site, CreateScanOptions{}))
	for found := false; !found; { // other scans of this user's may end meanwhile
		select {
		case one := <-got:
			if _, err := ReadWebhook(append(one.body, ' '), one.header, string(hook.Secret)); err == nil {
				t.Error("a changed body was taken")
			}
			event := need[*WebhookEvent](t)(ReadWebhook(one.body, one.header, string(hook.Secret)))
			same(t, event.Event, EventNameScanComplete)
			found = event.Data.ScanID == started.ScanID
		case <-ctx.Done():
			t.Fatal("no message came")
		}
	}
	if len(everything(t, client.IterDeliveries(hook.ID, ListOptions{}))) == 0 {
		t.Error("no deliveries are listed")
	}
	same(t, len(need[*WebhookList](t)(client.ListWebhooks(ctx)).Items) > 0, true)
	same(t, need[*WebhookDeleted](t)(client.DeleteWebhook(ctx, hook.ID)).Deleted, true)
}
