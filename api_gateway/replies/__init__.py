"""The shapes of answers: what handlers send, and what the OpenAPI document is generated from. A module a noun."""
