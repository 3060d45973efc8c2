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
-- pages: those that answered well. judged: not failed (an error, or 5xx). seen: these and those whose own redirects or
-- contents are the fault, which is an answer as well.
SELECT s.id, s.url, s.status, s.reason_code, s.reason, s.score, s.incomplete, s.finished_at, s.result,
  p.pages, p.judged, p.seen
FROM scans s CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE status BETWEEN 200 AND 399) AS pages,
    count(*) FILTER (WHERE error IS NULL AND status < 500) AS judged,
    count(*) FILTER (WHERE error IS NULL AND status < 500
      OR error IN ('redirect_loop', 'too_many_redirects', 'bad_redirect', 'too_large', 'decode')) AS seen
  FROM pages WHERE scan_id = s.id) AS p
WHERE s.id = %(scan_id)s;

-- name: previous
-- The monitor's complete runs before, the latest first, of the same site, mode and options; not those without a verdict.
SELECT r.scan_id FROM monitor_runs r JOIN scans s ON s.id = r.scan_id JOIN scans n ON n.id = %(scan_id)s
WHERE r.monitor_id = %(monitor_id)s AND r.due_at < %(due_at)s AND s.status = 'complete' AND s.score IS NOT NULL
  AND (s.url, s.mode, s.options) = (n.url, n.mode, n.options)
  AND EXISTS (SELECT 1 FROM pages p WHERE p.scan_id = s.id AND p.error IS NULL AND p.status < 500)
ORDER BY r.due_at DESC LIMIT %(most)s;

-- name: failures
-- Why a run saw nothing: what robots.txt answered, and what most of the pages did.
SELECT f.status AS robots, p.status, p.error, p.message, COALESCE(p.n, 0) AS n FROM (SELECT 1) AS one
LEFT JOIN LATERAL (SELECT status FROM site_files WHERE scan_id = %(scan_id)s AND kind = 'robots' LIMIT 1) AS f ON true
LEFT JOIN LATERAL (
  SELECT status, error, min(facts ->> 'error_message') AS message, count(*) AS n FROM pages
  WHERE scan_id = %(scan_id)s GROUP BY status, error ORDER BY n DESC, status, error LIMIT 1) AS p ON true;

-- name: hidden
-- Whether a page on which the check fired in the run that raised an alert fails now, so that nothing is known of it.
SELECT EXISTS (
  SELECT 1 FROM pages p JOIN pages w ON w.scan_id = %(raised)s AND w.url = p.url
  WHERE p.scan_id = %(scan_id)s AND (p.error IS NOT NULL OR p.status IS NULL OR p.status >= 500)
    AND (%(check)s = ANY(w.checks) OR EXISTS (
      SELECT 1 FROM site_findings f
      WHERE f.scan_id = w.scan_id AND f.check_id = %(check)s AND (f.seq = w.seq OR f.url = w.url)))) AS hidden;

-- name: issues
SELECT check_id, (array_agg(severity ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'],
  severity)))[1] AS severity
FROM issues WHERE scan_id = %(scan_id)s GROUP BY check_id ORDER BY check_id;

-- name: noindex
-- Pages that forbid to be indexed now, and did not in the run before; what a failing page says is not the site's word.
SELECT a.url FROM pages a JOIN pages b ON b.scan_id = %(before)s AND b.url = a.url
WHERE a.scan_id = %(scan_id)s AND (a.facts ->> 'noindex')::boolean AND NOT (b.facts ->> 'noindex')::boolean
  AND a.error IS NULL AND a.status < 500
ORDER BY a.url LIMIT %(most)s;

-- name: indexable
-- What became of these pages: they may be indexed now, or they are gone (unlinked, or 404 and the like).
SELECT u.url, p.url IS NULL OR p.status >= 400 AS gone FROM unnest(%(urls)s::text[]) AS u (url)
LEFT JOIN pages p ON p.scan_id = %(scan_id)s AND p.url = u.url
WHERE p.url IS NULL
  OR (p.error IS NULL AND p.status < 500 AND (p.status >= 400 OR NOT (p.facts ->> 'noindex')::boolean));

-- name: certificate
SELECT to_timestamp((result ->> 'not_after')::float8) AS until FROM probes
WHERE scan_id = %(scan_id)s AND kind = 'host' AND hash = 1 AND result ->> 'not_after' IS NOT NULL;

-- name: open
-- comparable: raised by a run of what this one is of; true where that run is no longer kept.
SELECT a.id, a.rule, a.subject, a.before, a.message, a.scan_id,
  COALESCE((w.url, w.mode, w.options) = (n.url, n.mode, n.options), true) AS comparable
FROM alerts a JOIN scans n ON n.id = %(scan_id)s LEFT JOIN scans w ON w.id = a.scan_id
WHERE a.monitor_id = %(monitor_id)s AND a.recovered_at IS NULL;

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
