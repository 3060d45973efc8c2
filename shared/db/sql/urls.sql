-- name: known
SELECT hash, seq, skip, depth, in_sitemap FROM urls WHERE scan_id = %(scan_id)s AND hash = ANY(%(hashes)s);

-- name: forget
DELETE FROM urls WHERE scan_id = %(scan_id)s AND hash = ANY(%(hashes)s) AND skip IS NOT NULL;

-- name: learn
UPDATE urls u SET depth = CASE WHEN u.depth IS NULL THEN NULL ELSE LEAST(u.depth, new.depth) END,
  in_sitemap = u.in_sitemap OR new.in_sitemap, lastmod = COALESCE(u.lastmod, new.lastmod),
  facts = COALESCE(u.facts, new.facts::jsonb)
FROM unnest(%(seqs)s::int[], %(depths)s::smallint[], %(in_sitemap)s::boolean[], %(lastmods)s::text[], %(facts)s::text[])
  AS new (seq, depth, in_sitemap, lastmod, facts)
WHERE u.scan_id = %(scan_id)s AND u.seq = new.seq;

-- name: lowest_seq
SELECT LEAST(COALESCE(min(seq), 0), 0) AS seq FROM urls WHERE scan_id = %(scan_id)s;

-- name: start
SELECT url FROM urls WHERE scan_id = %(scan_id)s AND seq = 0;

-- name: insert
INSERT INTO urls (scan_id, seq, hash, url, depth, in_sitemap, lastmod, facts, skip)
SELECT %(scan_id)s, seq, hash, url, depth, in_sitemap, lastmod, facts::jsonb, skip
FROM unnest(%(seqs)s::int[], %(hashes)s::bigint[], %(urls)s::text[], %(depths)s::smallint[], %(in_sitemap)s::boolean[],
  %(lastmods)s::text[], %(facts)s::text[], %(skips)s::text[])
  AS new (seq, hash, url, depth, in_sitemap, lastmod, facts, skip);

-- name: of_chunk
SELECT seq, url, depth, in_sitemap, lastmod, attempts, facts FROM urls
WHERE scan_id = %(scan_id)s AND seq BETWEEN %(seq_from)s AND %(seq_to)s
  AND NOT EXISTS (SELECT 1 FROM pages p WHERE p.scan_id = urls.scan_id AND p.seq = urls.seq)
ORDER BY seq;

-- name: mark_tried
UPDATE urls SET attempts = attempts + 1 WHERE scan_id = %(scan_id)s AND seq = %(seq)s RETURNING attempts;

-- name: unmark_tried
UPDATE urls SET attempts = attempts - 1 WHERE scan_id = %(scan_id)s AND seq = %(seq)s AND attempts > 0;

-- name: last_seq
SELECT COALESCE(max(seq), -1) AS seq FROM urls WHERE scan_id = %(scan_id)s;
