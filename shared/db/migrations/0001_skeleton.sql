-- Users, keys, scans, their units of work, and what comes of them.
-- Floor: Postgres 15 without extensions. Ids are UUIDv7 made by the services.

CREATE TABLE users (
  id uuid PRIMARY KEY,
  email text NOT NULL UNIQUE,
  password_hash text NOT NULL,
  tier text NOT NULL,
  overrides jsonb NOT NULL DEFAULT '{}',
  permissions text[] NOT NULL DEFAULT '{}',
  token_version int NOT NULL DEFAULT 0,
  disabled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tokens (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  client_id text NOT NULL UNIQUE,
  name text NOT NULL,
  secret_hash bytea NOT NULL UNIQUE,
  prefix text NOT NULL,
  last4 text NOT NULL,
  scopes text[] NOT NULL,
  mode text NOT NULL CHECK (mode IN ('live', 'test')),
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX tokens_user ON tokens (user_id, id DESC);

-- Every gateway listens, and drops what it had cached of a key or a user.
CREATE FUNCTION tell_credentials_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('credentials_changed', '');
  RETURN NULL;
END $$;
CREATE TRIGGER tokens_changed AFTER UPDATE OF secret_hash, scopes, revoked_at OR DELETE ON tokens
  FOR EACH STATEMENT EXECUTE FUNCTION tell_credentials_changed();
CREATE TRIGGER users_changed AFTER UPDATE OF tier, overrides, permissions, token_version, disabled_at OR DELETE ON users
  FOR EACH STATEMENT EXECUTE FUNCTION tell_credentials_changed();

-- owner is 'user:<uuid>' or 'guest:<network>'.
CREATE TABLE scans (
  id uuid PRIMARY KEY,
  owner text NOT NULL,
  user_id uuid REFERENCES users ON DELETE CASCADE,
  tier text NOT NULL,
  test boolean NOT NULL DEFAULT false,
  url text NOT NULL,
  host text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('single', 'sitemap', 'crawl')),
  options jsonb NOT NULL DEFAULT '{}',
  sealed bytea,
  webhook_url text,
  profile text NOT NULL,
  score_version text NOT NULL,
  request_id text NOT NULL,
  max_pages int NOT NULL,
  status text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'complete', 'error', 'stopped')),
  phase text NOT NULL DEFAULT 'queued' CHECK (phase IN ('queued', 'discovering', 'fetching', 'analysing', 'ended')),
  reason_code text,
  reason text,
  incomplete text,
  skips jsonb NOT NULL DEFAULT '{}',
  found int NOT NULL DEFAULT 0,
  done int NOT NULL DEFAULT 0,
  failed int NOT NULL DEFAULT 0,
  skipped int NOT NULL DEFAULT 0,
  chunks_total int NOT NULL DEFAULT 1,
  chunks_done int NOT NULL DEFAULT 0,
  admitted_at timestamptz,
  stop_requested_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  finished_at timestamptz,
  ends_at timestamptz NOT NULL,
  kept_until timestamptz NOT NULL,
  score double precision,
  result jsonb
);
CREATE INDEX scans_owner ON scans (owner, id DESC);
CREATE INDEX scans_running ON scans (owner) WHERE status = 'running';
CREATE INDEX scans_waiting ON scans (id) WHERE status = 'running' AND admitted_at IS NULL;
CREATE INDEX scans_ends ON scans (ends_at) WHERE status = 'running';
CREATE INDEX scans_kept ON scans (kept_until);

-- A unit of work. kind: single (everything in one), discover (plans the others), fetch (pages seq_from..seq_to), reduce.
CREATE TABLE chunks (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  no int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('single', 'discover', 'fetch', 'reduce')),
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'running', 'done')),
  seq_from int NOT NULL DEFAULT 0,
  seq_to int NOT NULL DEFAULT -1,
  fence int NOT NULL DEFAULT 0,
  attempts int NOT NULL DEFAULT 0,
  worker text,
  lease_until timestamptz,
  dispatched_at timestamptz,
  not_before timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  done int NOT NULL DEFAULT 0,
  failed int NOT NULL DEFAULT 0,
  tally bytea,
  PRIMARY KEY (scan_id, no)
);
CREATE INDEX chunks_to_dispatch ON chunks (created_at, scan_id, no) WHERE status = 'pending' AND dispatched_at IS NULL;
CREATE INDEX chunks_dispatched ON chunks (dispatched_at) WHERE status = 'pending' AND dispatched_at IS NOT NULL;
CREATE INDEX chunks_leased ON chunks (lease_until) WHERE status = 'running';

-- The pages of a scan, as discovered. hash identifies the URL within the scan (64 bits of BLAKE2b). A URL that is left
-- out has a negative seq and the reason in skip, so that it is counted once however often it is met.
CREATE TABLE urls (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  seq int NOT NULL,
  hash bigint NOT NULL,
  url text NOT NULL,
  depth smallint,
  in_sitemap boolean NOT NULL DEFAULT false,
  lastmod text,
  skip text,
  attempts smallint NOT NULL DEFAULT 0,
  facts jsonb,
  PRIMARY KEY (scan_id, seq),
  UNIQUE (scan_id, hash)
);

CREATE TABLE pages (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  seq int NOT NULL,
  url text NOT NULL,
  final_url text,
  status smallint,
  error text,
  score real,
  title text,
  depth smallint,
  bytes int,
  duration_ms int,
  checks text[] NOT NULL DEFAULT '{}',
  findings jsonb NOT NULL DEFAULT '[]',
  facts jsonb NOT NULL DEFAULT '{}',
  site bytea,
  fetched_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (scan_id, seq)
);

CREATE TABLE site_findings (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  n int NOT NULL,
  check_id text NOT NULL,
  severity text NOT NULL,
  seq int,
  url text,
  evidence text NOT NULL,
  position text NOT NULL DEFAULT '',
  PRIMARY KEY (scan_id, n)
);
CREATE INDEX site_findings_page ON site_findings (scan_id, seq);

CREATE TABLE issues (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  check_id text NOT NULL,
  severity text NOT NULL,
  category text NOT NULL,
  pages int NOT NULL,
  share double precision NOT NULL,
  points_lost double precision NOT NULL,
  points_back double precision NOT NULL,
  examples jsonb NOT NULL DEFAULT '[]',
  PRIMARY KEY (scan_id, check_id, severity)
);

-- robots.txt and sitemap files as they were read.
CREATE TABLE site_files (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  n int NOT NULL,
  kind text NOT NULL CHECK (kind IN ('robots', 'sitemap')),
  url text NOT NULL,
  status smallint,
  body bytea,
  facts jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (scan_id, n)
);

-- One row a unit of the daily quota; deleting it gives the unit back.
CREATE TABLE quota_uses (
  owner text NOT NULL,
  mode text NOT NULL,
  scan_id uuid NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (scan_id)
);
CREATE INDEX quota_uses_window ON quota_uses (owner, mode, at);

CREATE TABLE idempotency_keys (
  owner text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  scan_id uuid,
  reply jsonb,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (owner, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- What others are told about: one row an event, so that it can't be told of twice.
CREATE TABLE events (
  id uuid NOT NULL UNIQUE,
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  kind text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  handled_at timestamptz,
  PRIMARY KEY (scan_id, kind)
);
CREATE INDEX events_open ON events (created_at) WHERE handled_at IS NULL;

-- Accepts a scan: quota, idempotency, the scan and its first unit of work, in one transaction and one round trip.
-- outcome: accepted | replayed | conflict | quota. Everything about one owner is serialised by the lock, so the quota is
-- exact at any concurrency whatever Redis says; clock_timestamp() is read behind it.
CREATE FUNCTION accept_scan(
  p_id uuid, p_owner text, p_user_id uuid, p_tier text, p_test boolean, p_url text, p_host text, p_mode text,
  p_options jsonb, p_sealed bytea, p_webhook_url text, p_profile text, p_score_version text, p_request_id text,
  p_max_pages int, p_quota int, p_running int, p_hours int, p_kept_days int, p_key text, p_hash bytea
) RETURNS TABLE (outcome text, scan_id uuid, used int, next_free timestamptz, admitted boolean)
LANGUAGE plpgsql AS $$
DECLARE
  v_now timestamptz;
  v_old idempotency_keys;
  v_used int := 0;
  v_free timestamptz;
  v_admitted boolean;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(p_owner, 0));
  v_now := clock_timestamp();
  IF p_key IS NOT NULL THEN
    SELECT * INTO v_old FROM idempotency_keys k
      WHERE k.owner = p_owner AND k.key = p_key AND k.created_at > v_now - interval '24 hours';
    IF FOUND THEN
      RETURN QUERY SELECT CASE WHEN v_old.request_hash = p_hash THEN 'replayed' ELSE 'conflict' END,
        v_old.scan_id, 0, NULL::timestamptz, false;
      RETURN;
    END IF;
  END IF;
  IF NOT p_test THEN
    SELECT count(*), min(at) INTO v_used, v_free FROM (
      SELECT q.at FROM quota_uses q
        WHERE q.owner = p_owner AND q.mode = p_mode AND q.at > v_now - interval '24 hours'
        ORDER BY q.at DESC LIMIT p_quota
    ) recent;
    IF v_used >= p_quota THEN
      RETURN QUERY SELECT 'quota', NULL::uuid, v_used, v_free + interval '24 hours', false;
      RETURN;
    END IF;
    INSERT INTO quota_uses (owner, mode, scan_id, at) VALUES (p_owner, p_mode, p_id, v_now);
  END IF;
  SELECT count(*) < p_running INTO v_admitted FROM scans s
    WHERE s.owner = p_owner AND s.status = 'running' AND s.admitted_at IS NOT NULL;
  INSERT INTO scans (id, owner, user_id, tier, test, url, host, mode, options, sealed, webhook_url, profile,
      score_version, request_id, max_pages, created_at, admitted_at, ends_at, kept_until)
    VALUES (p_id, p_owner, p_user_id, p_tier, p_test, p_url, p_host, p_mode, p_options, p_sealed, p_webhook_url,
      p_profile, p_score_version, p_request_id, p_max_pages, v_now, CASE WHEN v_admitted THEN v_now END,
      v_now + make_interval(hours => p_hours), v_now + make_interval(days => p_kept_days));
  INSERT INTO chunks (scan_id, no, kind)
    VALUES (p_id, 0, CASE p_mode WHEN 'single' THEN 'single' ELSE 'discover' END);
  IF p_key IS NOT NULL THEN
    INSERT INTO idempotency_keys AS k (owner, key, request_hash, scan_id, created_at)
      VALUES (p_owner, p_key, p_hash, p_id, v_now)
      ON CONFLICT (owner, key) DO UPDATE
        SET request_hash = excluded.request_hash, scan_id = excluded.scan_id, created_at = excluded.created_at;
  END IF;
  RETURN QUERY SELECT 'accepted', p_id, v_used + 1, NULL::timestamptz, v_admitted;
END $$;
