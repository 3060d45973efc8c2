"""What the leader does again and again: one file a chore, each idempotent, so that two leaders do no harm."""
