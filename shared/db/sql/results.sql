-- name: clear_site_findings
DELETE FROM site_findings WHERE scan_id = %(scan_id)s;

-- name: add_site_finding
INSERT INTO site_findings (scan_id, n, check_id, severity, seq, url, evidence, position)
VALUES (%(scan_id)s, %(n)s, %(check)s, %(severity)s, %(seq)s, %(url)s, %(evidence)s, %(position)s)
ON CONFLICT DO NOTHING;

-- name: clear_issues
DELETE FROM issues WHERE scan_id = %(scan_id)s;

-- name: add_issues
-- All of a scan in one statement: one a row was a third of what ending a scan cost.
INSERT INTO issues (scan_id, check_id, severity, category, pages, share, points_lost, points_back, examples)
SELECT %(scan_id)s, check_id, severity, category, pages, share, points_lost, points_back, examples
FROM jsonb_to_recordset(%(issues)s) AS one (check_id text, severity text, category text, pages int,
  share double precision, points_lost double precision, points_back double precision, examples jsonb)
ON CONFLICT DO NOTHING;

-- name: issues
SELECT check_id, severity, category, pages, share, points_lost, points_back, examples FROM issues
WHERE scan_id = %(scan_id)s
  AND (%(severity)s::text IS NULL OR severity = %(severity)s)
  AND (%(category)s::text IS NULL OR category = %(category)s)
  AND (points_back, check_id, severity) < (%(back)s, %(after)s, %(after_severity)s)
ORDER BY points_back DESC, check_id DESC, severity DESC LIMIT %(limit)s;

-- name: save_file
INSERT INTO site_files (scan_id, n, kind, url, status, body, facts)
VALUES (%(scan_id)s, %(n)s, %(kind)s, %(url)s, %(status)s, %(body)s, %(facts)s)
ON CONFLICT (scan_id, n) DO UPDATE SET status = excluded.status, body = excluded.body, facts = excluded.facts;

-- name: files
SELECT n, kind, url, status, body, facts FROM site_files WHERE scan_id = %(scan_id)s ORDER BY n;

-- name: robots
SELECT url, status, body, facts FROM site_files WHERE scan_id = %(scan_id)s AND kind = 'robots';
