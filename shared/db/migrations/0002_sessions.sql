-- Login tokens that were revoked before their time; kept until they would have expired anyway.
CREATE TABLE revoked_jwts (
  jti uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  expires_at timestamptz NOT NULL
);
CREATE INDEX revoked_jwts_expiry ON revoked_jwts (expires_at);
CREATE INDEX revoked_jwts_user ON revoked_jwts (user_id);
CREATE TRIGGER revoked_jwts_changed AFTER INSERT ON revoked_jwts
  FOR EACH STATEMENT EXECUTE FUNCTION tell_credentials_changed();

-- A new password ends every session that was opened with the old one, whoever writes it.
CREATE FUNCTION end_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.token_version := OLD.token_version + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER users_password BEFORE UPDATE OF password_hash ON users
  FOR EACH ROW WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash) EXECUTE FUNCTION end_sessions();
CREATE TRIGGER users_password_changed AFTER UPDATE OF password_hash ON users
  FOR EACH STATEMENT EXECUTE FUNCTION tell_credentials_changed();

-- The history of one owner in one mode (live or test), newest first.
CREATE INDEX scans_history ON scans (owner, test, created_at DESC, id DESC);
