"""One middleware a file; `api_gateway.app` names their order."""
