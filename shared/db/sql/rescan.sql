-- name: previous
SELECT id FROM scans
WHERE owner = %(owner)s AND host = %(host)s AND mode = %(mode)s AND status = 'complete' AND test = %(test)s
  AND id <> %(id)s AND created_at <= %(created_at)s AND (%(url)s::text IS NULL OR url = %(url)s)
ORDER BY created_at DESC LIMIT 1;

-- name: pages
SELECT u.hash, p.seq, p.url, p.final_url, p.status, p.error, p.score, p.title, p.depth, p.bytes, p.duration_ms, p.checks,
  p.findings::text AS findings, p.facts::text AS facts, p.site, p.etag, p.last_modified,
  p.verdict_key, p.again
FROM urls u JOIN pages p ON p.scan_id = u.scan_id AND p.seq = u.seq
WHERE u.scan_id = %(scan_id)s AND u.hash = ANY(%(hashes)s::bigint[]);

-- name: files
SELECT kind, status, body, facts FROM site_files WHERE scan_id = %(scan_id)s ORDER BY n;
