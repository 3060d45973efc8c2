-- The trace that a scan began in, as W3C's traceparent; NULL unless the operator traces. It stands here and not in messages,
-- which may be lost, and which old workers read.
ALTER TABLE scans ADD COLUMN trace text;
