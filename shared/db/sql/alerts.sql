-- name: unlooked
-- Runs that have ended and were not looked at, each monitor's in order; whoever holds the monitor looks.
SELECT r.monitor_id, r.due_at, r.scan_id FROM monitor_runs r JOIN scans s ON s.id = r.scan_id
WHERE r.looked_at IS NULL AND r.scan_id IS NOT NULL AND s.status <> 'running'
ORDER BY r.due_at LIMIT %(most)s;

-- name: hold
SELECT m.id, m.name, m.user_id, m.test, m.alerts, m.reports, u.email FROM monitors m JOIN users u ON u.id = m.user_id
WHERE m.id = %(monitor_id)s FOR NO KEY UPDATE OF m;

-- name: look
-- Once. False when somebody was faster, or an earlier run has still to be looked at.
UPDATE monitor_runs r SET looked_at = %(now)s
WHERE r.monitor_id = %(monitor_id)s AND r.due_at = %(due_at)s AND r.looked_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM monitor_runs e JOIN scans s ON s.id = e.scan_id
  WHERE e.monitor_id = r.monitor_id AND e.due_at < r.due_at AND e.looked_at IS NULL)
RETURNING r.scan_id;

-- name: scan
SELECT s.id, s.url, s.status, s.reason, s.score, s.incomplete, s.finished_at, s.result, (
  SELECT count(*) FROM pages p WHERE p.scan_id = s.id AND p.status BETWEEN 200 AND 399) AS pages
FROM scans s WHERE s.id = %(scan_id)s;

-- name: previous
-- The monitor's complete run before.
SELECT r.scan_id FROM monitor_runs r JOIN scans s ON s.id = r.scan_id
WHERE r.monitor_id = %(monitor_id)s AND r.due_at < %(due_at)s AND s.status = 'complete'
ORDER BY r.due_at DESC LIMIT 1;

-- name: issues
SELECT check_id, (array_agg(severity ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'],
  severity)))[1] AS severity
FROM issues WHERE scan_id = %(scan_id)s GROUP BY check_id ORDER BY check_id;

-- name: noindex
-- Pages that forbid to be indexed now, and did not in the run before.
SELECT a.url FROM pages a JOIN pages b ON b.scan_id = %(before)s AND b.url = a.url
WHERE a.scan_id = %(scan_id)s AND (a.facts ->> 'noindex')::boolean AND NOT (b.facts ->> 'noindex')::boolean
ORDER BY a.url LIMIT %(most)s;

-- name: indexable
-- Of these pages those that may be indexed now; one that is gone from the site is none.
SELECT url FROM pages
WHERE scan_id = %(scan_id)s AND url = ANY(%(urls)s) AND NOT (facts ->> 'noindex')::boolean;

-- name: certificate
SELECT to_timestamp((result ->> 'not_after')::float8) AS until FROM probes
WHERE scan_id = %(scan_id)s AND kind = 'host' AND hash = 1 AND result ->> 'not_after' IS NOT NULL;

-- name: open
SELECT id, rule, subject, before, message FROM alerts WHERE monitor_id = %(monitor_id)s AND recovered_at IS NULL;

-- name: trigger
INSERT INTO alerts (id, monitor_id, rule, subject, message, details, before, scan_id, triggered_at)
VALUES (%(id)s, %(monitor_id)s, %(rule)s, %(subject)s, %(message)s, %(details)s, %(before)s, %(scan_id)s, %(now)s)
ON CONFLICT (monitor_id, rule, subject) WHERE recovered_at IS NULL DO NOTHING RETURNING id;

-- name: extend
UPDATE alerts SET before = %(before)s, details = %(details)s WHERE id = %(id)s AND recovered_at IS NULL;

-- name: recover
UPDATE alerts SET recovered_at = %(now)s, recovered_scan_id = %(scan_id)s
WHERE id = %(id)s AND recovered_at IS NULL RETURNING id;

-- name: add_event
INSERT INTO events (id, scan_id, kind, subject, details)
VALUES (%(event_id)s, %(scan_id)s, 'alert.triggered', %(subject)s, %(details)s) ON CONFLICT DO NOTHING;

-- name: list
SELECT id, rule, subject, message, details, scan_id, triggered_at, recovered_scan_id, recovered_at FROM alerts
WHERE monitor_id = %(monitor_id)s AND id < %(before)s ORDER BY id DESC LIMIT %(limit)s;

-- name: forget
DELETE FROM alerts WHERE id IN (
  SELECT id FROM alerts WHERE recovered_at < %(now)s::timestamptz - interval '400 days' LIMIT 5000);
