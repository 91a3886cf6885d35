"""The route table, with one file per service, and the runner that handles a request."""
