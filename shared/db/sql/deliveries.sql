-- name: add
INSERT INTO deliveries (id, event_id, webhook_id, scan_id, user_id, owner, test, event, url, payload)
VALUES (%(id)s, %(event_id)s, %(webhook_id)s, %(scan_id)s, %(user_id)s, %(owner)s, %(test)s, %(event)s, %(url)s,
  %(payload)s)
ON CONFLICT DO NOTHING;

-- name: expire
UPDATE deliveries SET lease_until = NULL, dispatched_at = NULL WHERE lease_until < clock_timestamp() OR lease_until > clock_timestamp() + interval '2 minutes';

-- name: due
-- What may be sent now, each owner's next %(per_owner)s, so that one whose receivers hang doesn't hold up the others. A
-- first attempt is always due: where its time lies ahead, the clock was set back.
WITH flight AS (
  SELECT owner, count(*) AS n FROM deliveries
  WHERE next_attempt_at IS NOT NULL AND dispatched_at >= clock_timestamp() - make_interval(secs => %(again)s)
  GROUP BY owner
), due AS (
  SELECT d.id, d.owner, s.request_id,
    row_number() OVER (PARTITION BY d.owner ORDER BY d.next_attempt_at, d.id) AS place
  FROM deliveries d JOIN scans s ON s.id = d.scan_id
  WHERE (d.next_attempt_at <= clock_timestamp() OR d.next_attempt_at IS NOT NULL AND d.attempts = 0)
    AND d.lease_until IS NULL
    AND (d.dispatched_at IS NULL OR d.dispatched_at < clock_timestamp() - make_interval(secs => %(again)s)
         OR d.dispatched_at > clock_timestamp())
)
SELECT due.id, due.request_id FROM due LEFT JOIN flight ON flight.owner = due.owner
WHERE due.place + COALESCE(flight.n, 0) <= %(per_owner)s ORDER BY due.place, due.id LIMIT %(most)s;

-- name: backlog
-- Messages that wait for an attempt: what workers could send now of each owner's next %(per_owner)s, and what is under way.
SELECT COALESCE(sum(open), 0)::int AS open, COALESCE(sum(leased), 0)::int AS leased,
  COALESCE(sum(LEAST(due, room)), 0)::int AS ready,
  EXTRACT(epoch FROM clock_timestamp() - min(since) FILTER (WHERE room > 0))::float8 AS oldest
FROM (
  SELECT count(*) AS open, count(*) FILTER (WHERE lease_until IS NOT NULL) AS leased,
    GREATEST(0, %(per_owner)s::int - count(*) FILTER (WHERE lease_until IS NOT NULL)) AS room,
    count(*) FILTER (WHERE lease_until IS NULL AND next_attempt_at <= clock_timestamp()) AS due,
    min(next_attempt_at) FILTER (WHERE lease_until IS NULL AND next_attempt_at <= clock_timestamp()) AS since
  FROM deliveries WHERE next_attempt_at IS NOT NULL GROUP BY owner
) owners;

-- name: mark_dispatched
UPDATE deliveries SET dispatched_at = clock_timestamp() WHERE id = ANY(%(ids)s) AND lease_until IS NULL;

-- name: redispatch
UPDATE deliveries SET dispatched_at = NULL
WHERE next_attempt_at IS NOT NULL AND lease_until IS NULL AND dispatched_at IS NOT NULL;

-- name: claim
UPDATE deliveries d SET fence = d.fence + 1, attempts = d.attempts + 1,
  lease_until = clock_timestamp() + make_interval(secs => %(lease)s),
  dispatched_at = COALESCE(d.dispatched_at, clock_timestamp()),
  first_attempt_at = COALESCE(d.first_attempt_at, clock_timestamp())
WHERE d.id = %(id)s AND (d.next_attempt_at <= clock_timestamp() OR d.next_attempt_at IS NOT NULL AND d.attempts = 0)
  AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
RETURNING d.id, d.webhook_id, d.scan_id, d.user_id, d.test, d.event, d.url, d.payload, d.attempts, d.fence,
  (SELECT w.secret FROM webhooks w WHERE w.id = d.webhook_id) AS secret;

-- name: settle
-- wait: seconds from the first attempt to the next one; null when there is none any more.
UPDATE deliveries SET lease_until = NULL, dispatched_at = NULL, last_status = %(status)s, last_error = %(error)s,
  delivered_at = CASE WHEN %(delivered)s THEN clock_timestamp() END,
  given_up_at = CASE WHEN NOT %(delivered)s AND %(wait)s::float8 IS NULL THEN clock_timestamp() END,
  next_attempt_at = CASE WHEN NOT %(delivered)s AND %(wait)s::float8 IS NOT NULL THEN
    GREATEST(first_attempt_at + make_interval(secs => %(wait)s::float8),
      clock_timestamp() + make_interval(secs => %(least)s)) END
WHERE id = %(id)s AND fence = %(fence)s AND next_attempt_at IS NOT NULL RETURNING id;

-- name: list
SELECT id, event, scan_id, url, attempts, last_status, last_error, next_attempt_at, delivered_at, given_up_at,
  created_at
FROM deliveries
WHERE webhook_id = %(webhook_id)s AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s;

-- name: list_own
SELECT id, event, scan_id, url, attempts, last_status, last_error, next_attempt_at, delivered_at, given_up_at,
  created_at
FROM deliveries
WHERE webhook_id IS NULL AND user_id = %(user_id)s AND test = %(test)s AND id < %(before)s
ORDER BY id DESC LIMIT %(limit)s;
