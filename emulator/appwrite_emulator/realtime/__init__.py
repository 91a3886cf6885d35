"""The WebSocket at /v1/realtime: connections, their subscriptions, and the events they get."""
