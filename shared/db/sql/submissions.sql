-- name: reject
-- A submission that was refused, as a scan that has ended, so that its sender can read why under the id it chose. An id
-- that exists says already what became of it. A sender's refusals are kept to a thousand a day.
INSERT INTO scans (id, owner, user_id, tier, test, url, host, mode, profile, score_version, request_id, max_pages,
  status, phase, reason_code, reason, chunks_total, created_at, finished_at, ends_at, kept_until)
SELECT %(id)s, %(owner)s, %(user_id)s, %(tier)s, %(test)s, %(url)s, '', %(mode)s, %(profile)s, %(score_version)s,
  %(request_id)s, 0, 'error', 'ended', %(code)s, %(reason)s, 0, now(), now(), now(),
  now() + make_interval(days => %(kept_days)s)
WHERE (
  SELECT count(*) FROM (
    SELECT 1 FROM scans s WHERE s.owner = %(owner)s AND s.test = %(test)s AND s.created_at > now() - interval '1 day'
      AND s.status = 'error' AND s.chunks_total = 0 LIMIT 1000
  ) refused
) < 1000
ON CONFLICT (id) DO NOTHING RETURNING id;

-- name: set_aside
INSERT INTO set_aside (id, name, code, reason, message)
VALUES (%(id)s, %(name)s, %(code)s, %(reason)s, %(message)s) ON CONFLICT (id) DO NOTHING;

-- name: list
SELECT at, name, code, reason, message FROM set_aside ORDER BY at DESC, id DESC LIMIT %(limit)s;

-- name: forget
-- The oldest beyond ten thousand, and those older than thirty days.
DELETE FROM set_aside WHERE at < now() - interval '30 days' OR id IN (
  SELECT id FROM set_aside ORDER BY at DESC, id DESC OFFSET 10000);
