"""The HTTP layer: server, routes, parameters, responses, request log and faults."""
