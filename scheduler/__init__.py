"""The scheduler: one leader that dispatches work, takes over lost leases and keeps house."""
