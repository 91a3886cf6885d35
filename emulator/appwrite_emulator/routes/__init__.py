"""The route table, one file for each service, and the runner that answers a request."""
