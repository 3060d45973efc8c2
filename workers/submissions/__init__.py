"""The ingress queue: what other programs ask for, held to the rules of the API."""
