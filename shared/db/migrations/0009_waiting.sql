-- no transaction
-- What is asked twice a second must cost what it finds, not what waits: with 10,000 scans queued the dispatcher's and the
-- admission's questions took a quarter of a core. Dropped first: an index whose building was interrupted is invalid.
DROP INDEX CONCURRENTLY IF EXISTS scans_admitted;
CREATE INDEX CONCURRENTLY scans_admitted ON scans (owner, id) WHERE status = 'running' AND admitted_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS scans_to_admit;
CREATE INDEX CONCURRENTLY scans_to_admit ON scans (owner, id) WHERE status = 'running' AND admitted_at IS NULL;
DROP INDEX CONCURRENTLY IF EXISTS scans_stopping;
CREATE INDEX CONCURRENTLY scans_stopping ON scans (stop_requested_at)
  WHERE status = 'running' AND stop_requested_at IS NOT NULL;
DROP INDEX CONCURRENTLY IF EXISTS chunks_ready;
CREATE INDEX CONCURRENTLY chunks_ready ON chunks (scan_id, no) WHERE status = 'pending' AND dispatched_at IS NULL;
