-- name: bounds
-- The highest numbers of a scan's pages and site-level findings; -1 where there is none.
SELECT COALESCE((SELECT max(seq) FROM pages WHERE scan_id = %(scan_id)s), -1) AS page,
  COALESCE((SELECT max(n) FROM site_findings WHERE scan_id = %(scan_id)s), -1) AS finding;

-- name: counts
SELECT count(*) AS pages, count(*) FILTER (WHERE error IS NOT NULL OR status >= 400) AS failed
FROM pages WHERE scan_id = %(scan_id)s AND seq BETWEEN %(low)s AND %(high)s;

-- name: pages
-- Of these checks and pages the first %(most)s of each check. Not by p.checks &&: that compares each with each, and took
-- twenty times as long with a hundred checks.
SELECT check_id, place FROM (
  SELECT c.check_id, p.seq AS place, row_number() OVER (PARTITION BY c.check_id ORDER BY p.seq) AS nth
  FROM pages p CROSS JOIN LATERAL unnest(p.checks) AS c (check_id)
  WHERE p.scan_id = %(scan_id)s AND p.seq BETWEEN %(low)s AND %(high)s
    AND c.check_id = ANY(%(checks)s::text[])
) first WHERE nth <= %(most)s ORDER BY check_id, place;

-- name: findings
-- The same of site-level findings.
SELECT check_id, place FROM (
  SELECT check_id, n AS place, row_number() OVER (PARTITION BY check_id ORDER BY n) AS nth
  FROM site_findings
  WHERE scan_id = %(scan_id)s AND n BETWEEN %(low)s AND %(high)s AND check_id = ANY(%(checks)s::text[])
) first WHERE nth <= %(most)s ORDER BY check_id, place;

-- name: page_examples
SELECT wanted.check_id, p.url, COALESCE((SELECT f ->> 'evidence' FROM jsonb_array_elements(p.findings) f
  WHERE f ->> 'check' = wanted.check_id LIMIT 1), '') AS evidence
FROM unnest(%(checks)s::text[], %(places)s::int[]) AS wanted (check_id, seq)
JOIN pages p ON p.scan_id = %(scan_id)s AND p.seq = wanted.seq
ORDER BY wanted.check_id, wanted.seq;

-- name: finding_examples
SELECT f.check_id, COALESCE(f.url, p.url) AS url, f.evidence
FROM unnest(%(checks)s::text[], %(places)s::int[]) AS wanted (check_id, n)
JOIN site_findings f ON f.scan_id = %(scan_id)s AND f.n = wanted.n
LEFT JOIN pages p ON p.scan_id = f.scan_id AND p.seq = f.seq
ORDER BY f.check_id, f.n;
