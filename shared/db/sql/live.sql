-- name: chunks
-- Chunks with pages from number %(floor)s on; those before it are known to be done and read.
SELECT no, status = 'done' AS ended, seq_from, seq_to, done FROM chunks
WHERE scan_id = %(scan_id)s AND no >= %(floor)s AND kind = 'fetch' AND (done > 0 OR status = 'done')
ORDER BY no LIMIT %(most)s;

-- name: findings
-- One finding of each check and severity among the pages of these chunks.
SELECT DISTINCT ON (f ->> 'check', f ->> 'severity')
  f ->> 'check' AS check, f ->> 'severity' AS severity, p.url, f ->> 'evidence' AS evidence,
  f ->> 'position' AS position
FROM unnest(%(froms)s::int[], %(tos)s::int[]) AS chunk (seq_from, seq_to)
JOIN pages p ON p.scan_id = %(scan_id)s AND p.seq BETWEEN chunk.seq_from AND chunk.seq_to
CROSS JOIN LATERAL jsonb_array_elements(p.findings) AS f
ORDER BY f ->> 'check', f ->> 'severity', p.seq;

-- name: issues
SELECT check_id AS check, severity, COALESCE(examples -> 0 ->> 'url', '') AS url,
  COALESCE(examples -> 0 ->> 'evidence', '') AS evidence, '' AS position
FROM issues WHERE scan_id = %(scan_id)s ORDER BY points_back DESC, check_id, severity;
