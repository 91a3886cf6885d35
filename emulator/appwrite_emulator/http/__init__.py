"""The server, routes, parameters, responses, the request log and faults."""
