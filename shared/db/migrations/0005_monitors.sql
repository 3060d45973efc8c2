-- Recurring scans: what is scanned when, and what became of every time that it was due.

-- schedule is hourly, daily, weekly or a cron expression, read in the zone named by timezone (IANA). next_run_at is in UTC
-- and includes jitter_seconds, the monitor's own delay behind its schedule; it is null while the monitor is paused.
-- sealed holds credentials, as in scans. alerts (rules) and reports are validated before they get here.
CREATE TABLE monitors (
  id uuid PRIMARY KEY,
  owner text NOT NULL,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  test boolean NOT NULL,
  name text NOT NULL,
  url text NOT NULL,
  host text NOT NULL,
  mode text NOT NULL CHECK (mode IN ('single', 'sitemap', 'crawl')),
  options jsonb NOT NULL DEFAULT '{}',
  sealed bytea,
  schedule text NOT NULL,
  timezone text NOT NULL,
  jitter_seconds int NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  next_run_at timestamptz,
  alerts jsonb NOT NULL DEFAULT '[]',
  reports jsonb NOT NULL DEFAULT '[]',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK (enabled = (next_run_at IS NOT NULL))
);
CREATE INDEX monitors_user ON monitors (user_id, test, id DESC);
CREATE INDEX monitors_due ON monitors (next_run_at) WHERE enabled;

-- Which monitor a scan is a run of. At most one run of a monitor is under way, whoever starts it.
ALTER TABLE scans ADD COLUMN monitor_id uuid REFERENCES monitors ON DELETE SET NULL;
CREATE INDEX scans_monitor ON scans (monitor_id, id DESC) WHERE monitor_id IS NOT NULL;
CREATE UNIQUE INDEX scans_one_run ON scans (monitor_id) WHERE monitor_id IS NOT NULL AND status = 'running';

-- One row for every time that a monitor was due or was run by hand; the key is what keeps it from firing twice.
-- outcome: started; caught_up (late, once for all the times missed meanwhile); by_hand; and without a scan: skipped_overlap
-- (the run before was still under way), skipped_limit (too many runs), refused (reason says why). scan_id is null too when
-- the scan has been deleted since.
CREATE TABLE monitor_runs (
  monitor_id uuid NOT NULL REFERENCES monitors ON DELETE CASCADE,
  due_at timestamptz NOT NULL,
  decided_at timestamptz NOT NULL,
  outcome text NOT NULL
    CHECK (outcome IN ('started', 'caught_up', 'by_hand', 'skipped_overlap', 'skipped_limit', 'refused')),
  reason text,
  scan_id uuid REFERENCES scans ON DELETE SET NULL,
  PRIMARY KEY (monitor_id, due_at)
);
CREATE INDEX monitor_runs_scan ON monitor_runs (scan_id) WHERE scan_id IS NOT NULL;
CREATE INDEX monitor_runs_age ON monitor_runs (due_at);

-- Runs of the last day by owner. They outlive their monitors: deleting one and making it anew wins nothing.
CREATE TABLE monitor_uses (
  scan_id uuid PRIMARY KEY,
  owner text NOT NULL,
  at timestamptz NOT NULL
);
CREATE INDEX monitor_uses_window ON monitor_uses (owner, at);

-- Decides one run, and if it is to be: the scan, its first unit of work and the record, in one transaction and one round
-- trip. The caller holds the monitor's row; everything about one owner is serialised by the same lock as in accept_scan().
-- p_options are the monitor's as they hold for this run; p_outcome is what a run that starts is recorded as, p_next_run_at null leaves the monitor's as it is, p_most bounds the
-- owner's runs in 24 hours. outcome: p_outcome, skipped_overlap, skipped_limit, or repeated (decided before).
CREATE FUNCTION run_monitor(
  p_monitor_id uuid, p_due_at timestamptz, p_now timestamptz, p_outcome text, p_next_run_at timestamptz, p_most int,
  p_scan_id uuid, p_tier text, p_options jsonb, p_profile text, p_score_version text, p_request_id text,
  p_max_pages int, p_running int, p_hours int, p_kept_days int
) RETURNS TABLE (outcome text, scan_id uuid, admitted boolean)
LANGUAGE plpgsql AS $$
DECLARE
  v_monitor monitors;
  v_outcome text := p_outcome;
  v_scan_id uuid;
  v_admitted boolean := false;
  v_begun timestamptz;
BEGIN
  SELECT * INTO STRICT v_monitor FROM monitors m WHERE m.id = p_monitor_id;
  PERFORM pg_advisory_xact_lock(hashtextextended(v_monitor.owner, 0));
  IF p_next_run_at IS NOT NULL THEN
    UPDATE monitors m SET next_run_at = p_next_run_at WHERE m.id = p_monitor_id;
  END IF;
  IF EXISTS (SELECT 1 FROM monitor_runs r WHERE r.monitor_id = p_monitor_id AND r.due_at = p_due_at) THEN
    RETURN QUERY SELECT 'repeated', NULL::uuid, false;
    RETURN;
  END IF;
  IF EXISTS (SELECT 1 FROM scans s WHERE s.monitor_id = p_monitor_id AND s.status = 'running') THEN
    v_outcome := 'skipped_overlap';
  ELSIF NOT v_monitor.test AND p_most <= (
    SELECT count(*) FROM monitor_uses u WHERE u.owner = v_monitor.owner AND u.at > p_now - interval '24 hours'
  ) THEN
    v_outcome := 'skipped_limit';
  ELSE
    v_scan_id := p_scan_id;
    v_begun := clock_timestamp();
    SELECT count(*) < p_running INTO v_admitted FROM scans s
      WHERE s.owner = v_monitor.owner AND s.status = 'running' AND s.admitted_at IS NOT NULL;
    INSERT INTO scans (id, owner, user_id, tier, test, url, host, mode, options, sealed, profile, score_version,
        request_id, max_pages, created_at, admitted_at, ends_at, kept_until, monitor_id)
      VALUES (p_scan_id, v_monitor.owner, v_monitor.user_id, p_tier, v_monitor.test, v_monitor.url, v_monitor.host,
        v_monitor.mode, p_options, v_monitor.sealed, p_profile, p_score_version, p_request_id, p_max_pages,
        v_begun, CASE WHEN v_admitted THEN v_begun END, v_begun + make_interval(hours => p_hours),
        v_begun + make_interval(days => p_kept_days), p_monitor_id);
    INSERT INTO chunks (scan_id, no, kind)
      VALUES (p_scan_id, 0, CASE v_monitor.mode WHEN 'single' THEN 'single' ELSE 'discover' END);
    IF NOT v_monitor.test THEN
      INSERT INTO monitor_uses (scan_id, owner, at) VALUES (p_scan_id, v_monitor.owner, p_now);
    END IF;
  END IF;
  IF v_scan_id IS NOT NULL OR p_outcome <> 'by_hand' THEN
    INSERT INTO monitor_runs (monitor_id, due_at, decided_at, outcome, scan_id)
      VALUES (p_monitor_id, p_due_at, p_now, v_outcome, v_scan_id);
  END IF;
  RETURN QUERY SELECT v_outcome, v_scan_id, v_admitted;
END $$;
