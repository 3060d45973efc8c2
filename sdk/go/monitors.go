package scanfleet

import "context"

type monitorRequest struct {
	URL      string       `json:"url"`
	Schedule string       `json:"schedule"`
	Timezone string       `json:"timezone,omitempty"`
	Mode     Mode         `json:"mode,omitempty"`
	Options  *ScanOptions `json:"options,omitempty"`
	Name     string       `json:"name,omitempty"`
	Enabled  *bool        `json:"enabled,omitempty"`
	Alerts   []AlertRule  `json:"alerts,omitempty"`
	Mails    []MailKind   `json:"mails,omitempty"`
}

// MonitorChange is what to change of a monitor; what is nil or empty stays as it is.
type MonitorChange struct {
	URL      string       `json:"url,omitempty"`
	Schedule string       `json:"schedule,omitempty"`
	Timezone string       `json:"timezone,omitempty"`
	Mode     Mode         `json:"mode,omitempty"`
	Options  *ScanOptions `json:"options,omitempty"`
	Name     string       `json:"name,omitempty"`
	Enabled  *bool        `json:"enabled,omitempty"`
	// Alerts and Mails replace the lists as they are; a pointer to an empty one clears it.
	Alerts *[]AlertRule `json:"alerts,omitempty"`
	Mails  *[]MailKind  `json:"mails,omitempty"`
}

// ListOptions is which part of a list.
type ListOptions struct {
	Cursor string
	Limit  int
}

// ListMonitors gives some of the user's monitors, newest first.
func (c *Client) ListMonitors(ctx context.Context, options ListOptions) (*MonitorList, error) {
	query := []pair{{"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}}
	return do[MonitorList](ctx, c, "GET", "/monitors", arguments{query: query})
}

// IterMonitors goes through every monitor of the user, newest first, 500 at a time by default.
func (c *Client) IterMonitors(options ListOptions) *Pager[MonitorItem] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]MonitorItem, *string, error) {
		options.Cursor = cursor
		list, err := c.ListMonitors(ctx, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}

// CreateMonitorOptions of a monitor: of mode single, in UTC, named after its host, and enabled by default.
type CreateMonitorOptions struct {
	Timezone string
	Mode     Mode
	Options  *ScanOptions
	Name     string
	Enabled  *bool
	Alerts   []AlertRule
	// Mails is what goes to the account's address.
	Mails []MailKind
}

// CreateMonitor scans a site on schedule from now on; schedule is hourly, daily, weekly, or a cron expression.
func (c *Client) CreateMonitor(ctx context.Context, url, schedule string, options CreateMonitorOptions) (*MonitorItem, error) {
	o := options
	body := monitorRequest{url, schedule, o.Timezone, o.Mode, o.Options, o.Name, o.Enabled, o.Alerts, o.Mails}
	return do[MonitorItem](ctx, c, "POST", "/monitors", arguments{body: body})
}

// GetMonitor gives a monitor with its latest complete run.
func (c *Client) GetMonitor(ctx context.Context, monitorID string) (*MonitorItem, error) {
	return do[MonitorItem](ctx, c, "GET", "/monitors/{id}", arguments{ids: ids(monitorID)})
}

// ChangeMonitor changes a monitor, pauses it (Enabled: Ptr(false)) or resumes it.
func (c *Client) ChangeMonitor(ctx context.Context, monitorID string, change MonitorChange) (*MonitorItem, error) {
	return do[MonitorItem](ctx, c, "PATCH", "/monitors/{id}", arguments{ids: ids(monitorID), body: change})
}

// DeleteMonitor deletes a monitor and the record of its runs; its scans stay.
func (c *Client) DeleteMonitor(ctx context.Context, monitorID string) (*MonitorDeleted, error) {
	return do[MonitorDeleted](ctx, c, "DELETE", "/monitors/{id}", arguments{ids: ids(monitorID)})
}

// RunMonitor starts a run now, besides the schedule. It isn't repeated by itself, since it can't carry a key.
func (c *Client) RunMonitor(ctx context.Context, monitorID string) (*ScanAccepted, error) {
	return do[ScanAccepted](ctx, c, "POST", "/monitors/{id}/run", arguments{ids: ids(monitorID)})
}

// ListRuns gives some runs of a monitor, latest first, those that were skipped included.
func (c *Client) ListRuns(ctx context.Context, monitorID string, options ListOptions) (*MonitorRunList, error) {
	query := []pair{{"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}}
	return do[MonitorRunList](ctx, c, "GET", "/monitors/{id}/runs", arguments{ids: ids(monitorID), query: query})
}

// IterRuns goes through every run of a monitor, latest first, 500 at a time by default.
func (c *Client) IterRuns(monitorID string, options ListOptions) *Pager[MonitorRun] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]MonitorRun, *string, error) {
		options.Cursor = cursor
		list, err := c.ListRuns(ctx, monitorID, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}

// ListAlerts gives some alerts of a monitor, newest first, those that have recovered included.
func (c *Client) ListAlerts(ctx context.Context, monitorID string, options ListOptions) (*AlertList, error) {
	query := []pair{{"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}}
	return do[AlertList](ctx, c, "GET", "/monitors/{id}/alerts", arguments{ids: ids(monitorID), query: query})
}

// IterAlerts goes through every alert of a monitor, newest first, 500 at a time by default.
func (c *Client) IterAlerts(monitorID string, options ListOptions) *Pager[Alert] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]Alert, *string, error) {
		options.Cursor = cursor
		list, err := c.ListAlerts(ctx, monitorID, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}

// PageHistory tells how one page did in some of a monitor's complete runs, latest first.
func (c *Client) PageHistory(ctx context.Context, monitorID, url string, options ListOptions) (*PageHistory, error) {
	query := []pair{{"url", given(url)}, {"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}}
	return do[PageHistory](ctx, c, "GET", "/monitors/{id}/history", arguments{ids: ids(monitorID), query: query})
}

// IterPageHistory goes through how one page did in every complete run of a monitor, latest first.
func (c *Client) IterPageHistory(monitorID, url string, options ListOptions) *Pager[PageScore] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]PageScore, *string, error) {
		options.Cursor = cursor
		list, err := c.PageHistory(ctx, monitorID, url, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}
