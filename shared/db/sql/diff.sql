-- name: previous
-- The scan that one is most naturally compared to: the latest complete one before it of the same URL and mode.
SELECT id FROM scans
WHERE owner = %(owner)s AND test = %(test)s AND url = %(url)s AND mode = %(mode)s AND status = 'complete'
  AND created_at < %(created_at)s AND id <> %(id)s
ORDER BY created_at DESC, id DESC LIMIT 1;

-- name: issues
-- What compares with a scan of its own choice (%(comparing)s) is left out: it says nothing of these two.
SELECT COALESCE(b.check_id, a.check_id) AS check_id, b.pages AS pages_before, a.pages AS pages_after,
  b.severity AS severity_before, a.severity AS severity_after
FROM (
  SELECT check_id, max(pages) AS pages,
    (array_agg(severity ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity)))[1]
      AS severity
  FROM issues WHERE scan_id = %(before)s AND check_id <> ALL(%(comparing)s) GROUP BY check_id
) b FULL JOIN (
  SELECT check_id, max(pages) AS pages,
    (array_agg(severity ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low', 'info'], severity)))[1]
      AS severity
  FROM issues WHERE scan_id = %(after)s AND check_id <> ALL(%(comparing)s) GROUP BY check_id
) a ON a.check_id = b.check_id
ORDER BY 1;

-- name: issue_pages
-- On how many pages each issue of both scans came, went, or says something else. Findings are taken apart only where
-- a page's differ as a whole. Of checks that say something else every time (%(unsteady)s) only how badly they fire is
-- compared. Of findings about no page 100 a check are kept: where both scans have as many, they are samples. Words are
-- compared by the sum of their hashes, which needs no sorting.
WITH differing AS MATERIALIZED (
  SELECT COALESCE(a.url, b.url) AS url, b.findings AS findings_before, a.findings AS findings_after
  FROM (SELECT url, findings FROM pages WHERE scan_id = %(after)s) a
  FULL JOIN (SELECT url, findings FROM pages WHERE scan_id = %(before)s) b ON a.url = b.url
  WHERE a.findings IS DISTINCT FROM b.findings
), told AS (
  SELECT false AS later, d.url, f."check" AS check_id, f.severity, f.count, f.evidence FROM differing d CROSS JOIN LATERAL
    jsonb_to_recordset(d.findings_before) AS f ("check" text, severity text, evidence text, count int)
  UNION ALL
  SELECT true, d.url, f."check", f.severity, f.count, f.evidence FROM differing d CROSS JOIN LATERAL
    jsonb_to_recordset(d.findings_after) AS f ("check" text, severity text, evidence text, count int)
  UNION ALL
  SELECT later, url, check_id, severity, 1, '' FROM (
    SELECT f.scan_id = %(after)s AS later, COALESCE(f.url, p.url) AS url, f.check_id, f.severity,
      f.seq IS NULL AND count(*) FILTER (WHERE f.seq IS NULL) OVER (PARTITION BY f.check_id) >= 200 AS sampled
    FROM site_findings f LEFT JOIN pages p ON p.scan_id = f.scan_id AND p.seq = f.seq
    WHERE f.scan_id IN (%(before)s, %(after)s) AND %(before)s::uuid <> %(after)s::uuid
  ) of_site WHERE NOT sampled
), worded AS (
  SELECT later, url, check_id, severity
    || CASE WHEN check_id = ANY(%(unsteady)s) THEN '' ELSE ' ' || COALESCE(count, 1) || ' ' || evidence END AS words
  FROM told WHERE check_id <> ALL(%(comparing)s)
), compared AS (
  SELECT check_id, sum(hashtext(words)) FILTER (WHERE later) AS says,
    sum(hashtext(words)) FILTER (WHERE NOT later) AS said
  FROM worded GROUP BY check_id, url
)
SELECT check_id, count(*) FILTER (WHERE said IS NULL) AS new, count(*) FILTER (WHERE says IS NULL) AS fixed,
  count(*) FILTER (WHERE says <> said) AS changed
FROM compared WHERE says IS DISTINCT FROM said GROUP BY check_id;

-- name: pages
-- One pass over both scans' pages, joined by URL: exact counts of what differs (total true), and the next items of each
-- section or of one alone. Titles and the like are compared only where both scans have read the page (an error page is
-- another one), and were led to the same one. Facts lie out of line: jsonb_to_record fetches them once a page, which eight times ->> doesn't (1.2 s instead
-- of 4 s for 2 * 50,000 pages on a busy machine). Scans of the release before have no robots among their facts.
WITH before AS (
  SELECT url, status, title, f.canonical, f.noindex, f.robots,
    (f.redirects -> 0 ->> 'status') || ' ' || final_url AS redirect
  FROM pages CROSS JOIN LATERAL jsonb_to_record(facts) AS f (canonical text, noindex text, robots text, redirects jsonb)
  WHERE scan_id = %(before)s
), after AS (
  SELECT url, status, title, f.canonical, f.noindex, f.robots,
    (f.redirects -> 0 ->> 'status') || ' ' || final_url AS redirect
  FROM pages CROSS JOIN LATERAL jsonb_to_record(facts) AS f (canonical text, noindex text, robots text, redirects jsonb)
  WHERE scan_id = %(after)s
), joined AS (
  SELECT COALESCE(a.url, b.url) COLLATE "C" AS url,
    CASE WHEN b.url IS NULL THEN 'appeared' WHEN a.url IS NULL THEN 'vanished' ELSE 'changed' END AS section,
    b.status AS status_before, a.status AS status_after, b.title AS title_before, a.title AS title_after,
    b.canonical AS canonical_before, a.canonical AS canonical_after, b.noindex AS noindex_before,
    a.noindex AS noindex_after, b.robots AS robots_before, a.robots AS robots_after, b.redirect AS redirect_before,
    a.redirect AS redirect_after,
    a.status / 100 = 2 AND b.status / 100 = 2 AND a.redirect IS NOT DISTINCT FROM b.redirect AS seen
  FROM after a FULL JOIN before b ON a.url = b.url
), compared AS (
  SELECT *, status_after IS DISTINCT FROM status_before AS new_status,
    redirect_after IS DISTINCT FROM redirect_before AS new_redirect,
    read AND title_after IS DISTINCT FROM title_before AS new_title,
    read AND canonical_after IS DISTINCT FROM canonical_before AS new_canonical,
    read AND noindex_after <> noindex_before AS new_noindex,
    COALESCE(seen AND robots_after <> robots_before, false) AS new_robots
  FROM (SELECT *, seen AND noindex_after IS NOT NULL AND noindex_before IS NOT NULL AS read FROM joined) both_sides
), differing AS MATERIALIZED (
  SELECT * FROM compared
  WHERE section <> 'changed' OR new_status OR new_redirect OR new_title OR new_canonical OR new_noindex OR new_robots
), listed AS (
  SELECT differing.*, row_number() OVER (PARTITION BY section ORDER BY url) AS place FROM differing
  WHERE %(section)s::text IS NULL OR section = %(section)s
)
SELECT true AS total, section, NULL AS url, jsonb_build_object('total', count(*),
  'status', count(*) FILTER (WHERE new_status), 'redirect', count(*) FILTER (WHERE new_redirect),
  'title', count(*) FILTER (WHERE new_title), 'canonical', count(*) FILTER (WHERE new_canonical),
  'noindex', count(*) FILTER (WHERE new_noindex), 'robots', count(*) FILTER (WHERE new_robots)) AS told
FROM differing GROUP BY section
UNION ALL
SELECT false, section, url, jsonb_build_object(
  'status', jsonb_build_array(status_before, status_after, new_status),
  'redirect', jsonb_build_array(redirect_before, redirect_after, new_redirect),
  'title', jsonb_build_array(title_before, title_after, new_title),
  'canonical', jsonb_build_array(canonical_before, canonical_after, new_canonical),
  'noindex', jsonb_build_array(noindex_before = 'true', noindex_after = 'true', new_noindex),
  'robots', jsonb_build_array(robots_before, robots_after, new_robots))
FROM listed WHERE place > %(place)s AND place <= %(place)s + %(limit)s + 1
ORDER BY 1 DESC, 2, 3;

-- name: robots
SELECT scan_id, status, body FROM site_files WHERE scan_id IN (%(before)s, %(after)s) AND kind = 'robots';

-- name: sitemaps
-- Sitemap files by their address (at most 1,000 a scan are kept), and the URLs that they list by their identity. Totals
-- and items as with pages.
WITH files AS (
  SELECT COALESCE(a.url, b.url) COLLATE "C" AS url,
    CASE WHEN b.url IS NULL THEN 'files_appeared' WHEN a.url IS NULL THEN 'files_vanished' ELSE 'files_changed' END
      AS section,
    b.status AS status_before, a.status AS status_after
  FROM (SELECT DISTINCT ON (url) url, status FROM site_files WHERE scan_id = %(after)s AND kind = 'sitemap'
    ORDER BY url, n) a
  FULL JOIN (SELECT DISTINCT ON (url) url, status FROM site_files WHERE scan_id = %(before)s AND kind = 'sitemap'
    ORDER BY url, n) b ON a.url = b.url
  WHERE a.url IS NULL OR b.url IS NULL OR a.status IS DISTINCT FROM b.status
), differing AS MATERIALIZED (
  SELECT section, url, status_before, status_after FROM files
  UNION ALL
  SELECT CASE WHEN b.hash IS NULL THEN 'urls_appeared' ELSE 'urls_vanished' END,
    COALESCE(a.url, b.url) COLLATE "C", NULL, NULL
  FROM (SELECT hash, url FROM urls WHERE scan_id = %(after)s AND in_sitemap) a
  FULL JOIN (SELECT hash, url FROM urls WHERE scan_id = %(before)s AND in_sitemap) b ON a.hash = b.hash
  WHERE a.hash IS NULL OR b.hash IS NULL
), listed AS (
  SELECT differing.*, row_number() OVER (PARTITION BY section ORDER BY url) AS place FROM differing
  WHERE %(section)s::text IS NULL OR section = %(section)s
)
SELECT true AS total, section, NULL AS url, jsonb_build_object('total', count(*)) AS told
FROM differing GROUP BY section
UNION ALL
SELECT false, section, url, jsonb_build_object('status', jsonb_build_array(status_before, status_after))
FROM listed WHERE place > %(place)s AND place <= %(place)s + %(limit)s + 1
ORDER BY 1 DESC, 2, 3;
