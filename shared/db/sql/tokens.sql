-- name: insert
INSERT INTO tokens (id, user_id, client_id, name, secret_hash, prefix, last4, scopes, mode)
VALUES (%(id)s, %(user_id)s, %(client_id)s, %(name)s, %(secret_hash)s, %(prefix)s, %(last4)s, %(scopes)s, %(mode)s)
RETURNING id, user_id, client_id, name, prefix, last4, scopes, mode, created_at, last_used_at, revoked_at;

-- name: by_hash
SELECT t.id, t.user_id, t.client_id, t.name, t.scopes, t.mode, t.revoked_at,
  u.email, u.tier, u.overrides, u.permissions, u.disabled_at
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.secret_hash = %(secret_hash)s;

-- name: get
SELECT id, user_id, client_id, name, prefix, last4, scopes, mode, created_at, last_used_at, revoked_at
FROM tokens WHERE id = %(id)s;

-- name: list
SELECT id, user_id, client_id, name, prefix, last4, scopes, mode, created_at, last_used_at, revoked_at
FROM tokens WHERE user_id = %(user_id)s ORDER BY id DESC LIMIT 500;

-- name: touch
UPDATE tokens t SET last_used_at = GREATEST(t.last_used_at, used.at)
FROM unnest(%(ids)s::uuid[], %(ats)s::timestamptz[]) AS used (id, at) WHERE t.id = used.id;

-- name: regenerate
UPDATE tokens SET secret_hash = %(secret_hash)s, prefix = %(prefix)s, last4 = %(last4)s
WHERE id = %(id)s AND revoked_at IS NULL
RETURNING id, user_id, client_id, name, prefix, last4, scopes, mode, created_at, last_used_at, revoked_at;

-- name: revoke
UPDATE tokens SET revoked_at = COALESCE(revoked_at, now()) WHERE id = %(id)s RETURNING id;
