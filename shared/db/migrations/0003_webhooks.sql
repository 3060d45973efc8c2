-- Who hears of events, and every message that is or was on its way.

-- A webhook without url is its owner's default one: its secret signs what goes to a scan's own webhook_url. secret is
-- sealed. Like scans, webhooks of test and live keys don't see each other.
CREATE TABLE webhooks (
  id uuid PRIMARY KEY,
  user_id uuid NOT NULL REFERENCES users ON DELETE CASCADE,
  test boolean NOT NULL,
  url text,
  secret bytea NOT NULL,
  events text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhooks_user ON webhooks (user_id, id DESC);
CREATE UNIQUE INDEX webhooks_default ON webhooks (user_id, test) WHERE url IS NULL;

-- One row a message: an event for a target. webhook_id is null for a scan's own webhook_url. payload is the body to the
-- byte, so that every attempt sends the same. attempts counts those begun: one that is lost with its worker counts too.
CREATE TABLE deliveries (
  id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  webhook_id uuid REFERENCES webhooks ON DELETE CASCADE,
  scan_id uuid NOT NULL REFERENCES scans ON DELETE CASCADE,
  user_id uuid REFERENCES users ON DELETE CASCADE,
  owner text NOT NULL,
  test boolean NOT NULL,
  event text NOT NULL,
  url text NOT NULL,
  payload bytea NOT NULL,
  attempts smallint NOT NULL DEFAULT 0,
  fence int NOT NULL DEFAULT 0,
  lease_until timestamptz,
  dispatched_at timestamptz,
  first_attempt_at timestamptz,
  next_attempt_at timestamptz DEFAULT now(),
  last_status smallint,
  last_error text,
  delivered_at timestamptz,
  given_up_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE NULLS NOT DISTINCT (event_id, webhook_id),
  CHECK ((next_attempt_at IS NULL) = (delivered_at IS NOT NULL OR given_up_at IS NOT NULL))
);
CREATE INDEX deliveries_due ON deliveries (next_attempt_at) WHERE next_attempt_at IS NOT NULL;
CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL;
CREATE INDEX deliveries_webhook ON deliveries (webhook_id, id DESC);
CREATE INDEX deliveries_own ON deliveries (user_id, test, id DESC) WHERE webhook_id IS NULL;
CREATE INDEX deliveries_scan ON deliveries (scan_id);
