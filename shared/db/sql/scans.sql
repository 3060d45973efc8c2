-- name: accept
SELECT outcome, scan_id, used, next_free, admitted FROM accept_scan(
  %(id)s, %(owner)s, %(user_id)s, %(tier)s, %(test)s, %(url)s, %(host)s, %(mode)s, %(options)s, %(sealed)s,
  %(webhook_url)s, %(profile)s, %(score_version)s, %(request_id)s, %(max_pages)s, %(quota)s, %(running)s, %(hours)s,
  %(kept_days)s, %(key)s, %(hash)s
);

-- name: accept_many
-- The scans as one JSON array, in which bytes are base64. The function sees what it did for those before.
WITH new AS MATERIALIZED (
  SELECT asked.no, n.* FROM jsonb_array_elements(%(news)s::jsonb) WITH ORDINALITY AS asked (new, no),
  LATERAL jsonb_to_record(asked.new) AS n (
    id uuid, owner text, user_id uuid, tier text, test boolean, url text, host text, mode text, options jsonb,
    sealed text, webhook_url text, profile text, score_version text, request_id text, max_pages int, quota int,
    running int, hours int, kept_days int, key text, hash text
  ) ORDER BY n.owner, asked.no
), done AS MATERIALIZED (
  SELECT new.no, a.* FROM new CROSS JOIN LATERAL accept_scan(
    new.id, new.owner, new.user_id, new.tier, new.test, new.url, new.host, new.mode, new.options,
    decode(new.sealed, 'base64'), new.webhook_url, new.profile, new.score_version, new.request_id, new.max_pages,
    new.quota, new.running, new.hours, new.kept_days, new.key, decode(new.hash, 'base64')
  ) AS a
)
SELECT outcome, scan_id, used, next_free, admitted FROM done ORDER BY no;

-- name: keep_traces
UPDATE scans SET trace = new.trace FROM unnest(%(ids)s::uuid[], %(traces)s::text[]) AS new (id, trace)
WHERE scans.id = new.id;

-- name: views
-- What the API shows of scans. What is stored as JSON comes as its text, so that nobody parses it on the way.
SELECT s.id, s.owner, s.test, s.url, s.mode, s.status, s.phase, s.found, s.done, s.failed, s.skipped, s.created_at,
  s.started_at, s.finished_at, s.options::text AS options, s.reason, s.reason_code, s.monitor_id,
  s.result::text AS result, COALESCE(r.done, 0) AS live_done, COALESCE(r.failed, 0) AS live_failed
FROM scans s
LEFT JOIN LATERAL (
  SELECT sum(c.done) AS done, sum(c.failed) AS failed
  FROM chunks c WHERE c.scan_id = s.id AND c.status <> 'done' AND s.status = 'running'
) r ON true
WHERE s.id = ANY(%(ids)s::uuid[]);

-- name: get
SELECT s.*,
  COALESCE(r.done, 0) AS live_done, COALESCE(r.failed, 0) AS live_failed
FROM scans s
LEFT JOIN LATERAL (
  SELECT sum(c.done) AS done, sum(c.failed) AS failed
  FROM chunks c WHERE c.scan_id = s.id AND c.status <> 'done' AND s.status = 'running'
) r ON true
WHERE s.id = %(id)s;

-- name: for_work
SELECT id, owner, tier, test, url, host, mode, options, sealed, profile, request_id, max_pages, status, phase,
  chunks_total, found, stop_requested_at, incomplete, skips, created_at, started_at, ends_at,
  ends_at < clock_timestamp() AS overdue, trace
FROM scans WHERE id = %(id)s;

-- name: begin
-- Only what hasn't begun: its caller may have lost the lease without knowing, and mustn't set the scan back.
UPDATE scans SET phase = %(phase)s, started_at = clock_timestamp(),
  admitted_at = COALESCE(admitted_at, clock_timestamp())
WHERE id = %(id)s AND status = 'running' AND started_at IS NULL;

-- name: request_stop
UPDATE scans SET stop_requested_at = COALESCE(stop_requested_at, clock_timestamp())
WHERE id = %(id)s AND status = 'running' RETURNING id;

-- name: stopping
-- Of these scans those that are to end, have ended or are gone.
SELECT held.id FROM unnest(%(ids)s::uuid[]) AS held (id) LEFT JOIN scans s ON s.id = held.id
WHERE s.status IS DISTINCT FROM 'running' OR s.stop_requested_at IS NOT NULL;

-- name: lock
SELECT id, status, phase, found, chunks_total, chunks_done, max_pages, stop_requested_at, incomplete, skips, skipped
FROM scans WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: plan
UPDATE scans SET found = found + %(found)s, skipped = skipped + %(skipped)s, skips = %(skips)s,
  chunks_total = chunks_total + %(chunks)s, phase = 'fetching',
  incomplete = CASE WHEN %(again)s THEN %(incomplete)s ELSE COALESCE(incomplete, %(incomplete)s) END
WHERE id = %(id)s AND status = 'running';

-- name: count_chunk
UPDATE scans SET chunks_done = chunks_done + 1, done = done + %(done)s, failed = failed + %(failed)s
WHERE id = %(id)s AND status = 'running'
RETURNING chunks_done, chunks_total, phase;

-- name: mark_incomplete
UPDATE scans SET incomplete = COALESCE(incomplete, %(why)s) WHERE id = %(id)s AND status = 'running';

-- name: start_analysis
UPDATE scans SET phase = 'analysing', chunks_total = chunks_total + 1
WHERE id = %(id)s AND status = 'running' AND phase <> 'analysing' RETURNING chunks_total;

-- name: finish
UPDATE scans SET status = %(status)s, phase = 'ended', reason_code = %(reason_code)s, reason = %(reason)s,
  finished_at = clock_timestamp(), started_at = COALESCE(started_at, clock_timestamp()),
  score = %(score)s, result = %(result)s, sealed = NULL,
  found = GREATEST(found, %(found)s), done = COALESCE(%(done)s, done), failed = COALESCE(%(failed)s, failed)
WHERE id = %(id)s AND status = 'running' RETURNING id;

-- name: add_event
INSERT INTO events (id, scan_id, kind) VALUES (%(event_id)s, %(id)s, %(kind)s) ON CONFLICT DO NOTHING;

-- name: refund
DELETE FROM quota_uses WHERE scan_id = %(id)s RETURNING owner, mode;

-- name: waiting_owners
-- Whose scans wait to be admitted, one step of an index each; what they have running, and what decides their room.
WITH RECURSIVE owners AS (
  (SELECT owner FROM scans WHERE status = 'running' AND admitted_at IS NULL ORDER BY owner LIMIT 1)
  UNION ALL
  SELECT (SELECT s.owner FROM scans s WHERE s.status = 'running' AND s.admitted_at IS NULL AND s.owner > o.owner
          ORDER BY s.owner LIMIT 1)
  FROM owners o WHERE o.owner IS NOT NULL
)
SELECT o.owner, oldest.tier, u.overrides,
  (SELECT count(*) FROM scans r WHERE r.owner = o.owner AND r.status = 'running' AND r.admitted_at IS NOT NULL) AS running
FROM owners o CROSS JOIN LATERAL (
  SELECT tier, user_id FROM scans s WHERE s.owner = o.owner AND s.status = 'running' AND s.admitted_at IS NULL
  ORDER BY id LIMIT 1
) oldest LEFT JOIN users u ON u.id = oldest.user_id;

-- name: admit
-- Of each owner as many as there is room for, oldest first.
UPDATE scans SET admitted_at = clock_timestamp() FROM (
  SELECT oldest.id FROM unnest(%(owners)s::text[], %(rooms)s::int[]) AS o (owner, room) CROSS JOIN LATERAL (
    SELECT id FROM scans s WHERE s.owner = o.owner AND s.status = 'running' AND s.admitted_at IS NULL
    ORDER BY id LIMIT o.room
  ) oldest
) next WHERE scans.id = next.id AND scans.admitted_at IS NULL;

-- name: overdue
SELECT id FROM scans
WHERE status = 'running' AND ends_at < clock_timestamp() AND phase <> 'analysing' AND mode <> 'single'
ORDER BY ends_at LIMIT 100;

-- name: overdue_singles
SELECT s.id FROM scans s
WHERE s.status = 'running' AND s.ends_at < clock_timestamp() AND s.mode = 'single'
  AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.scan_id = s.id AND c.status = 'running'
                  AND c.lease_until > clock_timestamp())
ORDER BY s.ends_at LIMIT 100;

-- name: to_stop
SELECT s.id, s.mode FROM scans s
WHERE s.status = 'running' AND s.stop_requested_at < clock_timestamp() - interval '1 second'
  AND NOT EXISTS (SELECT 1 FROM chunks c WHERE c.scan_id = s.id AND c.status = 'running'
                  AND c.lease_until > clock_timestamp())
LIMIT 100;

-- name: expired
SELECT id FROM scans WHERE kept_until < now() AND status <> 'running' AND id <> ALL(%(left)s::uuid[])
ORDER BY kept_until LIMIT 20;

-- name: delete_pages
DELETE FROM pages WHERE (scan_id, seq) IN (SELECT scan_id, seq FROM pages WHERE scan_id = %(id)s LIMIT 1000);

-- name: delete_urls
DELETE FROM urls WHERE (scan_id, seq) IN (SELECT scan_id, seq FROM urls WHERE scan_id = %(id)s LIMIT 5000);

-- name: delete_site_findings
DELETE FROM site_findings WHERE (scan_id, n) IN (SELECT scan_id, n FROM site_findings WHERE scan_id = %(id)s LIMIT 5000);

-- name: delete_probes
DELETE FROM probes WHERE (scan_id, kind, hash) IN (
  SELECT scan_id, kind, hash FROM probes WHERE scan_id = %(id)s LIMIT 5000);

-- name: delete_chunks
DELETE FROM chunks WHERE (scan_id, no) IN (SELECT scan_id, no FROM chunks WHERE scan_id = %(id)s LIMIT 2000);

-- name: delete_files
DELETE FROM site_files WHERE (scan_id, n) IN (SELECT scan_id, n FROM site_files WHERE scan_id = %(id)s LIMIT 500);

-- name: delete
DELETE FROM scans WHERE id = %(id)s;

-- name: used
SELECT q.mode, q.at FROM quota_uses q
WHERE q.owner = %(owner)s AND q.at > clock_timestamp() - interval '24 hours' ORDER BY q.mode, q.at;

-- name: forget_uses
DELETE FROM quota_uses WHERE scan_id IN (
  SELECT scan_id FROM quota_uses WHERE at < clock_timestamp() - interval '48 hours' LIMIT 5000);

-- name: forget_keys
-- Its age is asked twice: a key that is used anew while this waits for its row is no longer old.
DELETE FROM idempotency_keys WHERE created_at < clock_timestamp() - interval '24 hours' AND (owner, key) IN (
  SELECT owner, key FROM idempotency_keys WHERE created_at < clock_timestamp() - interval '24 hours' LIMIT 5000);

-- name: used_units
SELECT scan_id, at FROM quota_uses
WHERE owner = %(owner)s AND mode = %(mode)s AND at > clock_timestamp() - interval '24 hours'
ORDER BY at DESC LIMIT 10000;
