-- name: lock_user
SELECT id FROM users WHERE id = %(user_id)s FOR NO KEY UPDATE;

-- name: count
SELECT count(*) AS n FROM webhooks WHERE user_id = %(user_id)s AND url IS NOT NULL;

-- name: insert
INSERT INTO webhooks (id, user_id, test, url, secret, events)
VALUES (%(id)s, %(user_id)s, %(test)s, %(url)s, %(secret)s, %(events)s)
RETURNING id, user_id, test, url, events, created_at;

-- name: renew_default
INSERT INTO webhooks (id, user_id, test, secret, events)
VALUES (%(id)s, %(user_id)s, %(test)s, %(secret)s, %(events)s)
ON CONFLICT (user_id, test) WHERE url IS NULL DO UPDATE SET secret = excluded.secret, events = excluded.events
RETURNING id, user_id, test, url, events, created_at;

-- name: need_default
-- The update changes nothing, but makes the row come back whoever inserted it.
INSERT INTO webhooks (id, user_id, test, secret, events)
VALUES (%(id)s, %(user_id)s, %(test)s, %(secret)s, %(events)s)
ON CONFLICT (user_id, test) WHERE url IS NULL DO UPDATE SET user_id = excluded.user_id RETURNING secret;

-- name: get
SELECT id, user_id, test, url, events, created_at FROM webhooks WHERE id = %(id)s;

-- name: list
SELECT id, user_id, test, url, events, created_at FROM webhooks
WHERE user_id = %(user_id)s AND test = %(test)s ORDER BY id DESC LIMIT 100;

-- name: delete
DELETE FROM webhooks WHERE id = %(id)s RETURNING id;

-- name: open_events
SELECT e.id, e.scan_id, e.kind, e.created_at, e.details, s.url, s.owner, s.user_id, s.test, s.score, s.webhook_url,
  s.result -> 'totals' -> 'issues' AS issues
FROM events e JOIN scans s ON s.id = e.scan_id
WHERE e.handled_at IS NULL ORDER BY e.created_at LIMIT %(most)s FOR UPDATE OF e SKIP LOCKED;

-- name: targets
SELECT id, user_id, test, url, events FROM webhooks WHERE user_id = ANY(%(users)s) ORDER BY id FOR KEY SHARE;

-- name: close_events
UPDATE events SET handled_at = clock_timestamp() WHERE id = ANY(%(ids)s);
