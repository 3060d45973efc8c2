-- name: lock_user
SELECT id FROM users WHERE id = %(user_id)s FOR NO KEY UPDATE;

-- name: count
SELECT count(*) AS n FROM monitors WHERE user_id = %(user_id)s AND test = %(test)s;

-- name: insert
INSERT INTO monitors (id, owner, user_id, test, name, url, host, mode, options, sealed, schedule, timezone,
  jitter_seconds, enabled, next_run_at, alerts, reports, created_at, updated_at)
VALUES (%(id)s, %(owner)s, %(user_id)s, %(test)s, %(name)s, %(url)s, %(host)s, %(mode)s, %(options)s, %(sealed)s,
  %(schedule)s, %(timezone)s, %(jitter_seconds)s, %(enabled)s, %(next_run_at)s, %(alerts)s, %(reports)s,
  %(created_at)s, %(updated_at)s);

-- name: get
SELECT * FROM monitors WHERE id = %(id)s;

-- name: lock
SELECT * FROM monitors WHERE id = %(id)s FOR NO KEY UPDATE;

-- name: list
SELECT * FROM monitors WHERE user_id = %(user_id)s AND test = %(test)s AND id < %(before)s
ORDER BY id DESC LIMIT %(limit)s;

-- name: update
UPDATE monitors SET name = %(name)s, url = %(url)s, host = %(host)s, mode = %(mode)s, options = %(options)s,
  sealed = %(sealed)s, schedule = %(schedule)s, timezone = %(timezone)s, jitter_seconds = %(jitter_seconds)s,
  enabled = %(enabled)s, next_run_at = %(next_run_at)s, alerts = %(alerts)s, reports = %(reports)s, updated_at = now()
WHERE id = %(id)s RETURNING *;

-- name: delete
DELETE FROM monitors WHERE id = %(id)s;

-- name: due
SELECT id FROM monitors WHERE enabled AND next_run_at <= %(now)s ORDER BY next_run_at, id LIMIT %(most)s;

-- name: lock_due
-- Whoever holds the row decides; the others pass on. rank: the owner's oldest enabled monitor is 1.
SELECT m.*, u.tier, u.overrides, u.permissions, u.disabled_at,
  (SELECT count(*) FROM monitors o WHERE o.user_id = m.user_id AND o.test = m.test AND o.enabled AND o.id <= m.id) AS rank
FROM monitors m JOIN users u ON u.id = m.user_id
WHERE m.id = %(id)s AND m.enabled AND m.next_run_at <= %(now)s
FOR NO KEY UPDATE OF m SKIP LOCKED;

-- name: run
SELECT outcome, scan_id, admitted FROM run_monitor(
  %(monitor_id)s, %(due_at)s, %(now)s, %(outcome)s, %(next_run_at)s, %(most)s, %(scan_id)s, %(tier)s,
  %(options)s, %(profile)s, %(score_version)s, %(request_id)s, %(max_pages)s, %(running)s, %(hours)s, %(kept_days)s
);

-- name: refuse
-- A run that isn't to be, and why; next_run_at null: the monitor is paused.
WITH moved AS (
  UPDATE monitors SET next_run_at = %(next_run_at)s, enabled = %(next_run_at)s::timestamptz IS NOT NULL
  WHERE id = %(monitor_id)s RETURNING id
)
INSERT INTO monitor_runs (monitor_id, due_at, decided_at, outcome, reason)
SELECT id, %(due_at)s, %(now)s, %(outcome)s, %(reason)s FROM moved ON CONFLICT DO NOTHING;

-- name: runs
-- run_monitor() records no reason for what it leaves out by itself: an overlap, or too many runs within 24 hours.
SELECT r.due_at, r.decided_at, r.outcome, COALESCE(r.reason, CASE r.outcome
    WHEN 'skipped_overlap' THEN 'The run before was still under way.'
    WHEN 'skipped_limit' THEN 'Its account had as many runs within 24 hours as its tier allows.'
  END) AS reason, r.scan_id, s.status, s.score, s.result->>'grade' AS grade,
  s.done AS pages, s.result->'totals'->'issues' AS issues, s.started_at, s.finished_at, s.incomplete
FROM monitor_runs r LEFT JOIN scans s ON s.id = r.scan_id
WHERE r.monitor_id = %(monitor_id)s AND r.due_at < %(before)s
ORDER BY r.due_at DESC LIMIT %(limit)s;

-- name: last_runs
-- Each monitor's latest scan that is complete.
SELECT m.id, last.* FROM unnest(%(ids)s::uuid[]) m (id) CROSS JOIN LATERAL (
  SELECT s.id AS scan_id, s.score, s.result->>'grade' AS grade, s.finished_at FROM scans s
  WHERE s.monitor_id = m.id AND s.status = 'complete' ORDER BY s.id DESC LIMIT 1
) last;

-- name: page_history
-- Nothing of a page that no run has; of one that some have, runs without it too.
SELECT s.id AS scan_id, r.due_at, s.finished_at, p.status, p.error, p.score, p.title
FROM monitor_runs r JOIN scans s ON s.id = r.scan_id
LEFT JOIN urls u ON u.scan_id = s.id AND u.hash = %(hash)s
LEFT JOIN pages p ON p.scan_id = s.id AND p.seq = u.seq
WHERE r.monitor_id = %(monitor_id)s AND r.due_at < %(before)s AND s.status = 'complete'
  AND EXISTS (
    SELECT 1 FROM monitor_runs every JOIN urls known ON known.scan_id = every.scan_id AND known.hash = %(hash)s
    JOIN pages seen ON seen.scan_id = known.scan_id AND seen.seq = known.seq WHERE every.monitor_id = %(monitor_id)s
  )
ORDER BY r.due_at DESC LIMIT %(limit)s;

-- name: next_use
-- When the oldest of an owner's latest runs stops counting.
SELECT min(at) + interval '24 hours' AS free_at FROM (
  SELECT at FROM monitor_uses WHERE owner = %(owner)s AND at > %(now)s::timestamptz - interval '24 hours'
  ORDER BY at DESC LIMIT %(most)s
) latest;

-- name: forget_runs
DELETE FROM monitor_runs WHERE (monitor_id, due_at) IN (
  SELECT monitor_id, due_at FROM monitor_runs WHERE due_at < %(now)s::timestamptz - interval '400 days' LIMIT 5000);

-- name: forget_uses
DELETE FROM monitor_uses WHERE scan_id IN (
  SELECT scan_id FROM monitor_uses WHERE at < %(now)s::timestamptz - interval '48 hours' LIMIT 5000);
