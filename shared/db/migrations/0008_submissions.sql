-- Messages on the ingress queue that became no scan and whose sender isn't known: what was wrong with each. message is
-- what it said, cut short, with keys and other secrets masked; name is the id that its sender or Redis gave it. Those of a
-- known sender are scans that ended with the reason.
CREATE TABLE set_aside (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  name text NOT NULL,
  code text NOT NULL,
  reason text NOT NULL,
  message text NOT NULL
);
CREATE INDEX set_aside_at ON set_aside (at);
