-- Requests besides the pages' own: each URL once a scan, whichever worker asks. kind: asset (something that pages load),
-- link (the target of external links), host (all that was asked of the host as a whole, in one row).
-- result is null while the claimant is at work.
CREATE TABLE probes (
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('asset', 'link', 'host')),
  hash bigint NOT NULL,
  url text NOT NULL,
  claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  result jsonb,
  PRIMARY KEY (scan_id, kind, hash)
);

-- What the next scan needs to ask "has it changed?", and to take over the verdict when it hasn't: the answer's
-- validators, a hash of all that the verdict depends on besides the answer, and the verdict's parts that no other column
-- holds.
ALTER TABLE pages
  ADD COLUMN etag text,
  ADD COLUMN last_modified text,
  ADD COLUMN verdict_key bytea,
  ADD COLUMN again bytea;

-- The scan before: the same owner's latest complete one of the same host and mode.
CREATE INDEX scans_previous ON scans (owner, host, mode, created_at DESC) WHERE status = 'complete';
