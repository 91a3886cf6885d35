"""Signing in and out: what waits in the browser meanwhile, the mails, and the steps of the flow."""
