-- name: lock_owner
-- The lock that accept_scan takes: everything that spends an owner's quota happens one after the other.
SELECT pg_advisory_xact_lock(hashtextextended(%(owner)s, 0));

-- name: find
SELECT request_hash, reply FROM idempotency_keys
WHERE owner = %(owner)s AND key = %(key)s AND created_at > clock_timestamp() - interval '24 hours';

-- name: keep
INSERT INTO idempotency_keys (owner, key, request_hash, reply) VALUES (%(owner)s, %(key)s, %(hash)s, %(reply)s)
ON CONFLICT (owner, key) DO UPDATE SET request_hash = excluded.request_hash, scan_id = NULL, reply = excluded.reply,
  created_at = clock_timestamp();
