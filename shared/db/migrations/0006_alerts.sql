-- What the rules of a monitor found: an alert is open until a run shows that its cause is gone. subject tells alerts of one
-- rule apart; before is what the run before it was like, with which later runs are compared while it is open.
CREATE TABLE alerts (
  id uuid PRIMARY KEY,
  monitor_id uuid NOT NULL REFERENCES monitors ON DELETE CASCADE,
  rule text NOT NULL,
  subject text NOT NULL,
  message text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  before jsonb NOT NULL DEFAULT '{}',
  scan_id uuid REFERENCES scans ON DELETE SET NULL,
  triggered_at timestamptz NOT NULL,
  recovered_scan_id uuid REFERENCES scans ON DELETE SET NULL,
  recovered_at timestamptz
);
CREATE UNIQUE INDEX alerts_open ON alerts (monitor_id, rule, subject) WHERE recovered_at IS NULL;
CREATE INDEX alerts_monitor ON alerts (monitor_id, id DESC);
CREATE INDEX alerts_scan ON alerts (scan_id) WHERE scan_id IS NOT NULL;
CREATE INDEX alerts_recovered_scan ON alerts (recovered_scan_id) WHERE recovered_scan_id IS NOT NULL;

-- A run is looked at once, when its scan has ended.
ALTER TABLE monitor_runs ADD COLUMN looked_at timestamptz;
CREATE INDEX monitor_runs_unlooked ON monitor_runs (due_at) WHERE looked_at IS NULL AND scan_id IS NOT NULL;

-- A scan's end can bring several alerts: subject tells their events apart, and details stand in the message.
ALTER TABLE events ADD COLUMN subject text NOT NULL DEFAULT '', ADD COLUMN details jsonb;
ALTER TABLE events DROP CONSTRAINT events_pkey, ADD PRIMARY KEY (scan_id, kind, subject);

-- Mail on its way. body is text; report names the scan whose PDF goes with it.
CREATE TABLE mails (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  recipient text NOT NULL,
  subject text NOT NULL,
  body text NOT NULL,
  report uuid REFERENCES scans ON DELETE SET NULL,
  attempts smallint NOT NULL DEFAULT 0,
  next_attempt_at timestamptz DEFAULT now(),
  lease_until timestamptz,
  last_error text,
  sent_at timestamptz,
  given_up_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((next_attempt_at IS NULL) = (sent_at IS NOT NULL OR given_up_at IS NOT NULL))
);
CREATE INDEX mails_due ON mails (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX mails_age ON mails (created_at);
CREATE INDEX mails_report ON mails (report) WHERE report IS NOT NULL;
