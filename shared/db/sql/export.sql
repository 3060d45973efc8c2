-- name: json_pages
-- The next pages as texts of at most 64 JSON objects, as GET /scans/{id}/pages shows them. Postgres writes out what is
-- stored; nothing of it is parsed on the way. Of 28 us a page (4.1 kB) 20 are jsonb's own output. One text of 2 MB costs 6
-- more: every copy of it is memory that the system has to hand out anew. json_build_object() looks the types of its
-- arguments up for every row, which costs 2; concat() does so once.
WITH batch AS MATERIALIZED (
  SELECT seq, url, final_url, status, error, score, title, depth, bytes, duration_ms, facts, findings FROM pages
  WHERE scan_id = %(scan_id)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s
), site AS (
  SELECT f.seq, jsonb_agg(jsonb_build_object('check', f.check_id, 'severity', f.severity, 'evidence', f.evidence,
    'position', f.position, 'count', 1) ORDER BY f.n) AS findings
  FROM site_findings f
  WHERE f.scan_id = %(scan_id)s AND f.seq BETWEEN (SELECT min(seq) FROM batch) AND (SELECT max(seq) FROM batch)
  GROUP BY f.seq
)
SELECT max(seq) AS last, count(*) AS pages, convert_to(string_agg(concat('{"url" : ', to_json(url),
  ', "final_url" : ', COALESCE(to_json(final_url), 'null'), ', "status" : ', COALESCE(status::text, 'null'),
  ', "error" : ', COALESCE(to_json(error), 'null'), ', "redirects" : ', COALESCE(facts -> 'redirects', '[]'),
  ', "score" : ', COALESCE(score::text, 'null'), ', "title" : ', COALESCE(to_json(title), 'null'),
  ', "depth" : ', COALESCE(depth::text, 'null'), ', "bytes" : ', COALESCE(bytes::text, 'null'),
  ', "duration_ms" : ', COALESCE(duration_ms::text, 'null'), ', "facts" : ', facts - 'redirects', ', "findings" : ',
  CASE WHEN site.findings IS NULL THEN batch.findings ELSE batch.findings || site.findings END, '}'),
  E',\n' ORDER BY seq), 'UTF8') AS text
FROM batch LEFT JOIN site USING (seq) GROUP BY seq / 64 ORDER BY seq / 64;

-- name: csv_pages
WITH batch AS MATERIALIZED (
  SELECT seq, url, final_url, status, error, score, title, depth, bytes, duration_ms, facts, findings FROM pages
  WHERE scan_id = %(scan_id)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s
), site AS (
  SELECT f.seq, jsonb_agg(jsonb_build_object('check', f.check_id, 'severity', f.severity) ORDER BY f.n) AS findings
  FROM site_findings f
  WHERE f.scan_id = %(scan_id)s AND f.seq BETWEEN (SELECT min(seq) FROM batch) AND (SELECT max(seq) FROM batch)
  GROUP BY f.seq
)
SELECT seq, url, final_url, status, error, score, title, depth, bytes, duration_ms, facts::text AS facts,
  batch.findings::text AS findings, site.findings::text AS site_findings
FROM batch LEFT JOIN site USING (seq) ORDER BY seq;

-- name: placed
-- Where the findings of the next pages are.
WITH batch AS MATERIALIZED (
  SELECT seq, url, findings FROM pages WHERE scan_id = %(scan_id)s AND seq > %(after)s ORDER BY seq LIMIT %(limit)s
), site AS (
  SELECT f.seq, jsonb_agg(jsonb_build_object('check', f.check_id, 'severity', f.severity, 'evidence', f.evidence,
    'position', f.position) ORDER BY f.n) AS findings
  FROM site_findings f
  WHERE f.scan_id = %(scan_id)s AND f.seq BETWEEN (SELECT min(seq) FROM batch) AND (SELECT max(seq) FROM batch)
  GROUP BY f.seq
)
SELECT seq, url, batch.findings::text AS findings, site.findings::text AS site_findings
FROM batch LEFT JOIN site USING (seq) ORDER BY seq;

-- name: count_pages
SELECT count(*) AS n FROM pages WHERE scan_id = %(scan_id)s;

-- name: issues
SELECT check_id, severity, category, pages, share, points_lost, points_back, examples FROM issues
WHERE scan_id = %(scan_id)s ORDER BY points_back DESC, check_id DESC, severity DESC;

-- name: fired
-- What a scan that was stopped has found so far: its issues were never drawn up. At most %(most)s pages are looked at.
SELECT fired.check_id, count(*) AS pages, min(fired.url) AS url
FROM (SELECT url, checks FROM pages WHERE scan_id = %(scan_id)s ORDER BY seq LIMIT %(most)s) AS page
CROSS JOIN LATERAL (SELECT unnest(page.checks) AS check_id, page.url) AS fired
GROUP BY fired.check_id ORDER BY fired.check_id;

-- name: statuses
SELECT status, error, count(*) AS n FROM pages WHERE scan_id = %(scan_id)s
GROUP BY status, error ORDER BY n DESC, status, error LIMIT 12;

-- name: weakest
SELECT url, title, score, status, cardinality(checks) AS checks FROM pages
WHERE scan_id = %(scan_id)s AND score IS NOT NULL ORDER BY score, seq LIMIT %(most)s;
