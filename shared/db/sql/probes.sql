-- name: claim
-- The URLs that the caller is to ask: new ones while there is room for them, and those whose claimant gave no result in
-- time (its worker went away).
WITH wanted AS (
  SELECT DISTINCT ON (hash) hash, url FROM unnest(%(hashes)s::bigint[], %(urls)s::text[]) AS new (hash, url)
), stale AS (
  UPDATE probes p SET claimed_at = clock_timestamp() FROM wanted w
  WHERE p.scan_id = %(scan_id)s AND p.kind = %(kind)s AND p.hash = w.hash AND p.result IS NULL
    AND p.claimed_at < clock_timestamp() - make_interval(secs => %(stale)s)
  RETURNING p.hash
), fresh AS (
  INSERT INTO probes (scan_id, kind, hash, url)
  SELECT %(scan_id)s, %(kind)s, w.hash, w.url FROM wanted w
  WHERE NOT EXISTS (SELECT 1 FROM probes p WHERE p.scan_id = %(scan_id)s AND p.kind = %(kind)s AND p.hash = w.hash)
  ORDER BY w.hash
  LIMIT (CASE WHEN %(most)s::int IS NULL THEN NULL ELSE GREATEST(0, %(most)s::int - (
    SELECT count(*) FROM probes p WHERE p.scan_id = %(scan_id)s AND p.kind = %(kind)s)) END)
  ON CONFLICT DO NOTHING
  RETURNING hash
)
SELECT hash FROM stale UNION ALL SELECT hash FROM fresh;

-- name: results
SELECT hash, result FROM probes
WHERE scan_id = %(scan_id)s AND kind = %(kind)s AND hash = ANY(%(hashes)s::bigint[]);

-- name: save
UPDATE probes SET result = %(result)s WHERE scan_id = %(scan_id)s AND kind = %(kind)s AND hash = %(hash)s;

-- name: give_back
DELETE FROM probes
WHERE scan_id = %(scan_id)s AND kind = %(kind)s AND hash = ANY(%(hashes)s::bigint[]) AND result IS NULL;

-- name: save_host
INSERT INTO probes (scan_id, kind, hash, url, result) VALUES (%(scan_id)s, 'host', %(part)s, %(url)s, %(result)s)
ON CONFLICT (scan_id, kind, hash) DO UPDATE SET result = excluded.result;

-- name: host
SELECT result FROM probes WHERE scan_id = %(scan_id)s AND kind = 'host' AND hash = %(part)s;
