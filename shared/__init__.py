"""What gateway, scheduler and workers have in common: messages, schema, contract, checks."""
