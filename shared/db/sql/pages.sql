-- name: insert
-- checks: ids, a blank between them.
INSERT INTO pages (scan_id, seq, url, final_url, status, error, score, title, depth, bytes, duration_ms, checks,
  findings, facts, site, etag, last_modified, verdict_key, again)
VALUES (%(scan_id)s, %(seq)s, %(url)s, %(final_url)s, %(status)s, %(error)s, %(score)s, %(title)s, %(depth)s,
  %(bytes)s, %(duration_ms)s, string_to_array(%(checks)s, ' '), %(findings)s::jsonb, %(facts)s::jsonb, %(site)s,
  %(etag)s, %(last_modified)s, %(verdict_key)s, %(again)s)
ON CONFLICT DO NOTHING;

-- name: done_seqs
SELECT seq FROM pages WHERE scan_id = %(scan_id)s AND seq BETWEEN %(seq_from)s AND %(seq_to)s;

-- name: site_facts
-- A sitemap may have been read after the page.
SELECT p.seq, p.site, u.in_sitemap, u.lastmod FROM pages p JOIN urls u ON u.scan_id = p.scan_id AND u.seq = p.seq
WHERE p.scan_id = %(scan_id)s AND p.seq > %(after)s AND p.site IS NOT NULL
ORDER BY p.seq LIMIT %(limit)s;

-- name: set_depths
UPDATE pages p SET depth = new.depth
FROM unnest(%(seqs)s::int[], %(depths)s::smallint[]) AS new (seq, depth)
WHERE p.scan_id = %(scan_id)s AND p.seq = new.seq;

-- name: urls_of
SELECT seq, url FROM pages WHERE scan_id = %(scan_id)s AND seq = ANY(%(seqs)s);

-- name: list
SELECT p.seq, p.url, p.final_url, p.status, p.error, p.score, p.title, p.depth, p.bytes, p.duration_ms, p.checks,
  p.findings, p.facts,
  COALESCE((SELECT jsonb_agg(jsonb_build_object('check', f.check_id, 'severity', f.severity, 'evidence', f.evidence,
      'position', f.position, 'count', 1) ORDER BY f.n) FROM site_findings f
    WHERE f.scan_id = p.scan_id AND f.seq = p.seq), '[]'::jsonb) AS site_findings
FROM pages p
WHERE p.scan_id = %(scan_id)s AND p.seq > %(after)s
  AND (%(check)s::text IS NULL OR p.checks @> ARRAY[%(check)s::text] OR EXISTS (
    SELECT 1 FROM site_findings f WHERE f.scan_id = p.scan_id AND f.seq = p.seq AND f.check_id = %(check)s))
  AND (%(status)s::int IS NULL OR p.status = %(status)s)
  AND (%(url)s::text IS NULL OR p.url ILIKE %(url)s)
ORDER BY p.seq LIMIT %(limit)s;

-- name: worst
-- The same, the lowest score first; pages without one (rank 101) come last. Each call looks at all of the scan's pages.
WITH chosen AS MATERIALIZED (
  SELECT p.seq, COALESCE(p.score, 101)::double precision AS rank FROM pages p
  WHERE p.scan_id = %(scan_id)s
    AND (COALESCE(p.score, 101)::double precision, p.seq) > (%(after_rank)s::double precision, %(after)s::int)
    AND (%(check)s::text IS NULL OR p.checks @> ARRAY[%(check)s::text] OR EXISTS (
      SELECT 1 FROM site_findings f WHERE f.scan_id = p.scan_id AND f.seq = p.seq AND f.check_id = %(check)s))
    AND (%(status)s::int IS NULL OR p.status = %(status)s)
    AND (%(url)s::text IS NULL OR p.url ILIKE %(url)s)
  ORDER BY rank, p.seq LIMIT %(limit)s
)
SELECT chosen.rank, p.seq, p.url, p.final_url, p.status, p.error, p.score, p.title, p.depth, p.bytes, p.duration_ms,
  p.checks, p.findings, p.facts,
  COALESCE((SELECT jsonb_agg(jsonb_build_object('check', f.check_id, 'severity', f.severity, 'evidence', f.evidence,
      'position', f.position, 'count', 1) ORDER BY f.n) FROM site_findings f
    WHERE f.scan_id = p.scan_id AND f.seq = p.seq), '[]'::jsonb) AS site_findings
FROM chosen JOIN pages p ON p.scan_id = %(scan_id)s AND p.seq = chosen.seq
ORDER BY chosen.rank, p.seq;

-- name: status_counts
SELECT status, count(*) AS n FROM pages WHERE scan_id = %(scan_id)s GROUP BY status ORDER BY status;
