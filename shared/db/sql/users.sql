-- name: insert
INSERT INTO users (id, email, password_hash, tier) VALUES (%(id)s, %(email)s, %(password_hash)s, %(tier)s)
ON CONFLICT (email) DO NOTHING RETURNING id;

-- name: get
SELECT id, email, password_hash, tier, overrides, permissions, token_version, disabled_at, created_at
FROM users WHERE id = %(id)s;

-- name: by_email
SELECT id, email, password_hash, tier, overrides, permissions, token_version, disabled_at, created_at
FROM users WHERE email = %(email)s;

-- name: update
UPDATE users SET tier = COALESCE(%(tier)s, tier), overrides = COALESCE(%(overrides)s, overrides),
  permissions = COALESCE(%(permissions)s, permissions), password_hash = COALESCE(%(password_hash)s, password_hash),
  disabled_at = CASE WHEN %(disabled)s::boolean THEN COALESCE(disabled_at, now())
                     WHEN NOT %(disabled)s::boolean THEN NULL ELSE disabled_at END,
  token_version = token_version + %(end_sessions)s::boolean::int
WHERE email = %(email)s RETURNING id;
