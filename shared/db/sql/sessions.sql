-- name: of_jwt
SELECT u.id AS user_id, u.email, u.tier, u.overrides, u.permissions, u.token_version, u.disabled_at,
  EXISTS (SELECT 1 FROM revoked_jwts r WHERE r.jti = %(jti)s) AS revoked
FROM users u WHERE u.id = %(user_id)s;

-- name: revoke
INSERT INTO revoked_jwts (jti, user_id, expires_at) VALUES (%(jti)s, %(user_id)s, %(expires_at)s)
ON CONFLICT DO NOTHING;

-- name: forget_revoked
DELETE FROM revoked_jwts WHERE jti IN (
  SELECT jti FROM revoked_jwts WHERE expires_at < clock_timestamp() - interval '1 hour' LIMIT 5000);

-- name: register
-- The update never happens, but it locks a row that is there already, so that both cases write, and wait for the disk.
INSERT INTO users (id, email, password_hash, tier) VALUES (%(id)s, %(email)s, %(password_hash)s, %(tier)s)
ON CONFLICT (email) DO UPDATE SET email = excluded.email WHERE false RETURNING id;
