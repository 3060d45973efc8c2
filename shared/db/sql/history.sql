-- name: page
SELECT id, url, mode, test, status, reason, reason_code, score, result->>'grade' AS grade, found, done, failed, monitor_id,
  created_at, started_at, finished_at
FROM scans
WHERE owner = %(owner)s AND test = %(test)s
  AND (%(mode)s::text IS NULL OR mode = %(mode)s)
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(url)s::text IS NULL OR url ILIKE %(url)s)
ORDER BY created_at DESC, id DESC LIMIT %(limit)s OFFSET %(offset)s;

-- name: total
SELECT count(*) AS total FROM scans
WHERE owner = %(owner)s AND test = %(test)s
  AND (%(mode)s::text IS NULL OR mode = %(mode)s)
  AND (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(url)s::text IS NULL OR url ILIKE %(url)s);
