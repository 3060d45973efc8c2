-- name: claim
-- Only what is pending: whether a lease has really been lost is the scheduler's to judge (expire). A lock is waited for:
-- it is the dispatcher's, noting that it has sent the message at hand; passed over, the chunk would rest for a minute.
WITH free AS (
  SELECT scan_id, no FROM chunks WHERE scan_id = %(scan_id)s AND no = %(no)s AND status = 'pending'
    AND (not_before IS NULL OR not_before <= clock_timestamp() OR not_before > clock_timestamp() + interval '15 minutes')
  FOR UPDATE
)
UPDATE chunks c SET status = 'running', fence = c.fence + 1, worker = NULL, not_before = NULL,
  lease_until = clock_timestamp() + make_interval(secs => %(lease)s), dispatched_at = COALESCE(c.dispatched_at, now())
FROM free WHERE c.scan_id = free.scan_id AND c.no = free.no
RETURNING c.kind, c.fence, c.attempts, c.seq_from, c.seq_to, c.tally, c.done, c.failed;

-- name: confirm
-- The worker has heard that the chunk is its own. A claim that a stalled server carries out long after its worker gave up
-- waiting stays without a worker, and nobody is blamed for its end.
UPDATE chunks SET worker = %(worker)s
WHERE scan_id = %(scan_id)s AND no = %(no)s AND fence = %(fence)s AND status = 'running' RETURNING no;

-- name: heartbeat
UPDATE chunks c SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM scans s
WHERE c.scan_id = %(scan_id)s AND c.no = %(no)s AND c.fence = %(fence)s AND c.status = 'running' AND s.id = c.scan_id
RETURNING s.stop_requested_at IS NOT NULL OR s.status <> 'running' AS stop, s.ends_at < clock_timestamp() AS overdue;

-- name: hold
SELECT 1 FROM chunks WHERE scan_id = %(scan_id)s AND no = %(no)s AND fence = %(fence)s AND status = 'running' FOR UPDATE;

-- name: progress
-- Nothing is added to a scan that has ended.
UPDATE chunks c SET tally = %(tally)s, done = %(done)s, failed = %(failed)s,
  lease_until = clock_timestamp() + make_interval(secs => %(lease)s)
FROM scans s
WHERE c.scan_id = %(scan_id)s AND c.no = %(no)s AND c.fence = %(fence)s AND c.status = 'running' AND s.id = c.scan_id
  AND s.status = 'running'
RETURNING s.stop_requested_at IS NOT NULL AS stop;

-- name: forget_attempts
UPDATE chunks SET attempts = 0
WHERE scan_id = %(scan_id)s AND no = %(no)s AND fence = %(fence)s AND status = 'running' AND attempts > 0;

-- name: finish
UPDATE chunks SET status = 'done', lease_until = NULL
WHERE scan_id = %(scan_id)s AND no = %(no)s AND fence = %(fence)s AND status = 'running' RETURNING done, failed;

-- name: release
UPDATE chunks SET status = 'pending', lease_until = NULL, dispatched_at = NULL, worker = NULL,
  not_before = clock_timestamp() + make_interval(secs => %(wait)s)
WHERE scan_id = %(scan_id)s AND no = %(no)s AND fence = %(fence)s AND status = 'running' RETURNING no;

-- name: fail
UPDATE chunks SET status = 'pending', attempts = attempts + 1, lease_until = NULL, dispatched_at = NULL, worker = NULL,
  not_before = clock_timestamp() + make_interval(secs => %(wait)s)
WHERE scan_id = %(scan_id)s AND no = %(no)s AND fence = %(fence)s AND status = 'running' RETURNING no;

-- name: send_back
UPDATE chunks SET dispatched_at = NULL, not_before = clock_timestamp() + make_interval(secs => %(wait)s)
WHERE scan_id = %(scan_id)s AND no = %(no)s AND status = 'pending' AND dispatched_at IS NOT NULL;

-- name: add
INSERT INTO chunks (scan_id, no, kind, seq_from, seq_to)
SELECT %(scan_id)s, no, %(kind)s, seq_from, seq_to
FROM unnest(%(nos)s::int[], %(froms)s::int[], %(tos)s::int[]) AS new (no, seq_from, seq_to)
ON CONFLICT DO NOTHING;

-- name: tallies
SELECT no, tally FROM chunks WHERE scan_id = %(scan_id)s AND no > %(after)s AND tally IS NOT NULL
ORDER BY no LIMIT %(most)s;

-- name: drop_rest
-- What nobody holds is not done any more; pages that are committed count. The fence refuses whoever still writes.
WITH dropped AS (
  UPDATE chunks SET status = 'done', lease_until = NULL, fence = fence + 1
  WHERE scan_id = %(scan_id)s AND kind IN ('fetch', 'discover')
    AND (status = 'pending' OR status = 'running' AND lease_until < clock_timestamp())
  RETURNING done, failed
), sums AS (
  SELECT count(*) AS chunks, COALESCE(sum(done), 0) AS done, COALESCE(sum(failed), 0) AS failed FROM dropped
)
UPDATE scans SET chunks_done = chunks_done + sums.chunks, done = scans.done + sums.done,
  failed = scans.failed + sums.failed
FROM sums WHERE id = %(scan_id)s
RETURNING chunks_done, chunks_total, phase, request_id;

-- name: close
UPDATE chunks SET status = 'done', lease_until = NULL, fence = fence + 1
WHERE scan_id = %(scan_id)s AND (status = 'pending' OR status = 'running' AND lease_until < clock_timestamp());

-- name: candidates
-- Pending work that may be sent now: of admitted scans only, each scan's next %(per_scan)s, oldest tenants' turns first,
-- and no more of it than keeps the workers busy until the next look: what waits in Redis can't be overtaken. What was put
-- off keeps its place among its scan's: the others would only be put off in their turn, and then all of them in a circle.
WITH flight AS (
  SELECT c.scan_id, s.owner, s.host, c.kind = 'single' AS single,
    count(*) FILTER (WHERE c.status = 'running' OR c.dispatched_at IS NOT NULL) AS n,
    count(*) FILTER (WHERE c.status = 'pending' AND c.dispatched_at IS NOT NULL) AS sent,
    count(*) FILTER (WHERE c.status = 'pending' AND c.dispatched_at IS NULL) AS put_off
  FROM chunks c JOIN scans s ON s.id = c.scan_id
  WHERE s.status = 'running' AND (c.status = 'running' OR c.status = 'pending' AND (c.dispatched_at IS NOT NULL
    OR c.not_before > clock_timestamp() AND c.not_before <= clock_timestamp() + interval '15 minutes'))
  GROUP BY 1, 2, 3, 4
), ready AS (
  SELECT s.id AS scan_id, c.no, c.kind, c.fence, s.owner, s.host, s.url, s.options, s.request_id, c.created_at, c.in_scan,
    COALESCE((SELECT sum(n + put_off) FROM flight f WHERE f.scan_id = s.id), 0) AS scan_flight
  FROM scans s CROSS JOIN LATERAL (
    SELECT no, kind, fence, created_at, row_number() OVER (ORDER BY no) AS in_scan FROM chunks
    WHERE scan_id = s.id AND status = 'pending' AND dispatched_at IS NULL
      AND (created_at < clock_timestamp() - make_interval(secs => %(grace)s) OR created_at > clock_timestamp())
      AND (not_before IS NULL OR not_before <= clock_timestamp() OR not_before > clock_timestamp() + interval '15 minutes')
    ORDER BY no LIMIT %(per_scan)s::int
  ) c
  WHERE s.status = 'running' AND s.admitted_at IS NOT NULL
), windowed AS (
  SELECT *, row_number() OVER (PARTITION BY owner ORDER BY in_scan, created_at, scan_id)
      + COALESCE((SELECT sum(n) FROM flight f WHERE f.owner = ready.owner), 0) AS in_owner,
    row_number() OVER (PARTITION BY host ORDER BY in_scan, created_at, scan_id)
      + COALESCE((SELECT sum(n) FROM flight f WHERE f.host = ready.host), 0) AS in_host
  FROM ready WHERE in_scan + scan_flight <= %(per_scan)s
), queued AS (
  SELECT *, row_number() OVER (PARTITION BY kind = 'single' ORDER BY in_owner, created_at, scan_id, no)
      + COALESCE((SELECT sum(sent) FROM flight f WHERE f.single = (windowed.kind = 'single')), 0) AS in_queue
  FROM windowed WHERE in_owner <= %(per_owner)s AND in_host <= %(per_host)s
)
SELECT scan_id, no, kind, fence, request_id, url, options, in_scan + scan_flight AS place FROM queued
WHERE in_queue <= CASE WHEN kind = 'single' THEN %(singles)s::int ELSE %(chunks)s::int END
ORDER BY in_owner, created_at, scan_id, no;

-- name: unclaimed
SELECT count(*) AS n FROM chunks WHERE status = 'pending' AND dispatched_at IS NOT NULL AND kind = 'single';

-- name: mark_dispatched
-- A chunk that was claimed and given back in between has another fence, and has to be sent again.
UPDATE chunks c SET dispatched_at = clock_timestamp()
FROM unnest(%(scan_ids)s::uuid[], %(nos)s::int[], %(fences)s::int[]) AS sent (scan_id, no, fence)
WHERE c.scan_id = sent.scan_id AND c.no = sent.no AND c.fence = sent.fence AND c.status = 'pending';

-- name: now
SELECT clock_timestamp() AS now;

-- name: expire
-- now: read before, so that a server that stalls in this very statement takes no lease that ended meanwhile. A lease
-- that ends too late was given by a clock that has been set back.
UPDATE chunks SET status = 'pending', attempts = attempts + CASE WHEN worker IS NULL THEN 0 ELSE %(blame)s END,
  worker = NULL, lease_until = NULL,
  dispatched_at = NULL
WHERE (scan_id, no) IN (
  SELECT scan_id, no FROM chunks WHERE status = 'running'
    AND (lease_until < %(now)s OR lease_until > %(now)s + make_interval(secs => %(lease)s * 3))
  ORDER BY lease_until LIMIT %(most)s FOR UPDATE SKIP LOCKED
) RETURNING scan_id, no, kind, attempts;

-- name: redispatch
UPDATE chunks SET dispatched_at = NULL
WHERE status = 'pending' AND dispatched_at IS NOT NULL
  AND (dispatched_at <= clock_timestamp() - make_interval(secs => %(older)s) OR dispatched_at > clock_timestamp());

-- name: backlog
-- Open chunks by queue and by host with its scans' manners; hosts with a single one, and analyses (which ask no host),
-- are added up under a null host, and so are scans that aren't admitted yet. ready: due. waiting: put off to a time
-- ahead. put_off: given back and not begun again, whether or not that time has come.
WITH hosts AS (
  SELECT CASE c.kind WHEN 'single' THEN 'single' ELSE 'chunks' END AS queue,
    CASE WHEN c.kind <> 'reduce' THEN s.host END AS host,
    jsonb_build_object('delay_ms', s.options->'delay_ms', 'concurrency', s.options->'concurrency') AS options,
    min(s.url) AS url, count(*) AS open,
    count(*) FILTER (WHERE due.now) AS ready,
    count(*) FILTER (WHERE c.status = 'running') AS leased,
    count(*) FILTER (WHERE c.status = 'pending' AND NOT due.now) AS waiting,
    count(*) FILTER (WHERE c.status = 'pending' AND c.not_before IS NOT NULL) AS put_off,
    min(GREATEST(c.created_at, c.not_before, s.admitted_at)) FILTER (WHERE due.now) AS since
  FROM scans s JOIN chunks c ON c.scan_id = s.id
  CROSS JOIN LATERAL (
    SELECT c.status = 'pending' AND (c.not_before IS NULL OR c.not_before <= clock_timestamp()) AS now
  ) due
  WHERE c.status IN ('pending', 'running') AND s.status = 'running' AND s.admitted_at IS NOT NULL GROUP BY 1, 2, 3
), lone AS (
  SELECT *, CASE WHEN open > 1 THEN host END AS crowded FROM hosts
  UNION ALL
  SELECT CASE mode WHEN 'single' THEN 'single' ELSE 'chunks' END, NULL, NULL, NULL, count(*), 0, 0, 0, 0, NULL, NULL
  FROM scans WHERE status = 'running' AND admitted_at IS NULL GROUP BY 1
)
SELECT queue, crowded AS host, CASE WHEN crowded IS NOT NULL THEN options END AS options, min(url) AS url,
  sum(open)::int AS open, sum(ready)::int AS ready, sum(leased)::int AS leased, sum(waiting)::int AS waiting,
  sum(put_off)::int AS put_off, EXTRACT(epoch FROM clock_timestamp() - min(since))::float8 AS oldest
FROM lone GROUP BY 1, 2, 3;
