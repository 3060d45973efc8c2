package scanfleet

import "context"

type scanRequest struct {
	URL        string       `json:"url"`
	Mode       Mode         `json:"mode,omitempty"`
	Options    *ScanOptions `json:"options,omitempty"`
	WebhookURL string       `json:"webhook_url,omitempty"`
}

type bulkRequest struct {
	URLs       []string     `json:"urls"`
	Options    *ScanOptions `json:"options,omitempty"`
	WebhookURL string       `json:"webhook_url,omitempty"`
}

// CreateScanOptions of a scan; of mode single by default.
type CreateScanOptions struct {
	Mode       Mode
	Options    *ScanOptions
	WebhookURL string
	// IdempotencyKey is a new one by default.
	IdempotencyKey string
}

func orNewKey(key string) (string, error) {
	if key != "" {
		return key, nil
	}
	return newKey()
}

// CreateScan starts a scan. It is never started twice: repeats carry the same Idempotency-Key.
func (c *Client) CreateScan(ctx context.Context, url string, options CreateScanOptions) (*ScanAccepted, error) {
	key, err := orNewKey(options.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	body := scanRequest{url, options.Mode, options.Options, options.WebhookURL}
	return do[ScanAccepted](ctx, c, "POST", "/scans", arguments{body: body, key: key})
}

// CreateScansOptions of many single scans.
type CreateScansOptions struct {
	Options    *ScanOptions
	WebhookURL string
	// IdempotencyKey is a new one by default.
	IdempotencyKey string
}

// CreateScans starts up to 50 single scans; each item of the answer holds a ScanID or an Error.
func (c *Client) CreateScans(ctx context.Context, urls []string, options CreateScansOptions) (*BulkAccepted, error) {
	key, err := orNewKey(options.IdempotencyKey)
	if err != nil {
		return nil, err
	}
	body := bulkRequest{urls, options.Options, options.WebhookURL}
	return do[BulkAccepted](ctx, c, "POST", "/scans/bulk", arguments{body: body, key: key})
}

// GetScan gives a scan's status and progress, and its result once it is complete.
func (c *Client) GetScan(ctx context.Context, scanID string) (*Scan, error) {
	return do[Scan](ctx, c, "GET", "/scans/{scan_id}", arguments{ids: ids(scanID)})
}

// StopScan stops a running scan; what it has done so far stays.
func (c *Client) StopScan(ctx context.Context, scanID string) (*Scan, error) {
	return do[Scan](ctx, c, "POST", "/scans/{scan_id}/stop", arguments{ids: ids(scanID)})
}

// GetDiffOptions: against the latest complete scan of the same URL and mode by default.
type GetDiffOptions struct {
	Against string
	Cursor  string
	Limit   int
}

// GetDiff tells what is different from an earlier scan; a section's NextCursor goes on with that section.
func (c *Client) GetDiff(ctx context.Context, scanID string, options GetDiffOptions) (*Diff, error) {
	query := []pair{{"against", given(options.Against)}, {"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}}
	return do[Diff](ctx, c, "GET", "/scans/{scan_id}/diff", arguments{ids: ids(scanID), query: query})
}

// ListPagesOptions: only pages on which Check fired, that answered Status, whose address contains URL. Sort is "found"
// (as discovered) or "score" (the lowest first).
type ListPagesOptions struct {
	Cursor string
	Limit  int
	Sort   string
	Check  string
	Status int
	URL    string
}

// ListPages gives some pages of a scan.
func (c *Client) ListPages(ctx context.Context, scanID string, options ListPagesOptions) (*PageList, error) {
	query := []pair{
		{"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}, {"sort", given(options.Sort)},
		{"check", given(options.Check)}, {"status", given(options.Status)}, {"url", given(options.URL)},
	}
	return do[PageList](ctx, c, "GET", "/scans/{scan_id}/pages", arguments{ids: ids(scanID), query: query})
}

// mostAtATime is how many items a pager asks for, unless it is told otherwise.
func mostAtATime(limit int) int {
	if limit == 0 {
		return 500
	}
	return limit
}

// IterPages goes through every page of a scan, 500 at a time by default.
func (c *Client) IterPages(scanID string, options ListPagesOptions) *Pager[PageItem] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]PageItem, *string, error) {
		options.Cursor = cursor
		list, err := c.ListPages(ctx, scanID, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}

// ListIssuesOptions: only issues of this severity and category.
type ListIssuesOptions struct {
	Cursor   string
	Limit    int
	Severity Severity
	Category string
}

// ListIssues gives some issues of a scan, those that give most points back first.
func (c *Client) ListIssues(ctx context.Context, scanID string, options ListIssuesOptions) (*IssueList, error) {
	query := []pair{
		{"cursor", given(options.Cursor)}, {"limit", given(options.Limit)},
		{"severity", given(options.Severity)}, {"category", given(options.Category)},
	}
	return do[IssueList](ctx, c, "GET", "/scans/{scan_id}/issues", arguments{ids: ids(scanID), query: query})
}

// IterIssues goes through every issue of a scan, 500 at a time by default.
func (c *Client) IterIssues(scanID string, options ListIssuesOptions) *Pager[IssueItem] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]IssueItem, *string, error) {
		options.Cursor = cursor
		list, err := c.ListIssues(ctx, scanID, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}

// ListHistoryOptions: only scans of this mode and status, whose address contains URL.
type ListHistoryOptions struct {
	Page    int
	PerPage int
	Mode    Mode
	Status  Status
	URL     string
}

// ListHistory gives a page of the user's scans, newest first.
func (c *Client) ListHistory(ctx context.Context, options ListHistoryOptions) (*History, error) {
	query := []pair{
		{"page", given(options.Page)}, {"per_page", given(options.PerPage)}, {"mode", given(options.Mode)},
		{"status", given(options.Status)}, {"url", given(options.URL)},
	}
	return do[History](ctx, c, "GET", "/history", arguments{query: query})
}

// IterHistory goes through every scan of the user, newest first; one that moves down because of a new scan may come
// twice.
func (c *Client) IterHistory(options ListHistoryOptions) *Pager[HistoryItem] {
	if options.PerPage == 0 {
		options.PerPage = 50
	}
	return byNumber(func(ctx context.Context, number int) ([]HistoryItem, int, int, error) {
		options.Page = number
		list, err := c.ListHistory(ctx, options)
		if err != nil {
			return nil, 0, 0, err
		}
		return list.Items, list.PerPage, list.Total, nil
	})
}
