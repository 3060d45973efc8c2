package scanfleet

import "context"

type webhookRequest struct {
	URL    *string     `json:"url"`
	Events []EventName `json:"events,omitempty"`
}

// ListWebhooks gives the user's webhooks, newest first.
func (c *Client) ListWebhooks(ctx context.Context) (*WebhookList, error) {
	return do[WebhookList](ctx, c, "GET", "/webhooks", arguments{})
}

// CreateWebhook makes a webhook that hears of events, or of all if none is named; the answer is the only one that holds
// its secret. With "" for url it is the default one, which signs the messages to scans' own webhook address: it gets a
// new secret.
func (c *Client) CreateWebhook(ctx context.Context, url string, events ...EventName) (*WebhookSecret, error) {
	body := webhookRequest{Events: events}
	if url != "" {
		body.URL = &url
	}
	return do[WebhookSecret](ctx, c, "POST", "/webhooks", arguments{body: body})
}

// DeleteWebhook deletes a webhook.
func (c *Client) DeleteWebhook(ctx context.Context, webhookID string) (*WebhookDeleted, error) {
	return do[WebhookDeleted](ctx, c, "DELETE", "/webhooks/{id}", arguments{ids: ids(webhookID)})
}

// ListDeliveries gives some of a webhook's messages, newest first.
func (c *Client) ListDeliveries(ctx context.Context, webhookID string, options ListOptions) (*DeliveryList, error) {
	query := []pair{{"cursor", given(options.Cursor)}, {"limit", given(options.Limit)}}
	return do[DeliveryList](ctx, c, "GET", "/webhooks/{id}/deliveries", arguments{ids: ids(webhookID), query: query})
}

// IterDeliveries goes through every message of a webhook, newest first, 500 at a time by default.
func (c *Client) IterDeliveries(webhookID string, options ListOptions) *Pager[DeliveryItem] {
	options.Limit = mostAtATime(options.Limit)
	return byCursor(func(ctx context.Context, cursor string) ([]DeliveryItem, *string, error) {
		options.Cursor = cursor
		list, err := c.ListDeliveries(ctx, webhookID, options)
		if err != nil {
			return nil, nil, err
		}
		return list.Items, list.NextCursor, nil
	})
}
