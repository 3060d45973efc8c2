-- name: add
INSERT INTO mails (id, user_id, recipient, subject, body, report)
VALUES (%(id)s, %(user_id)s, %(recipient)s, %(subject)s, %(body)s, %(report)s) ON CONFLICT (id) DO NOTHING;

-- name: claim
-- The one that is due longest, for as long as the lease lasts; a sender that died loses it.
UPDATE mails SET lease_until = clock_timestamp() + make_interval(secs => %(lease)s), attempts = attempts + 1
WHERE id IN (
  SELECT id FROM mails
  WHERE next_attempt_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())
  ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING id, recipient, subject, body, report, attempts, created_at;

-- name: sent
UPDATE mails SET sent_at = clock_timestamp(), next_attempt_at = NULL, lease_until = NULL, last_error = NULL
WHERE id = %(id)s AND sent_at IS NULL;

-- name: failed
-- Again after some seconds, or given up when there are none. attempts is the fence: each claim raises it.
UPDATE mails SET last_error = %(error)s, lease_until = NULL,
  next_attempt_at = clock_timestamp() + make_interval(secs => %(again)s::float8),
  given_up_at = CASE WHEN %(again)s::float8 IS NULL THEN clock_timestamp() END
WHERE id = %(id)s AND sent_at IS NULL AND attempts = %(attempts)s;

-- name: forget
DELETE FROM mails WHERE id IN (
  SELECT id FROM mails WHERE next_attempt_at IS NULL AND created_at < now() - interval '30 days' LIMIT 5000);
