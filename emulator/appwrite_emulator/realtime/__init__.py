"""The WebSocket at /v1/realtime: connections, their subscriptions and the events that they receive."""

MESSAGES = (
    "realtime.authentication",
    "realtime.ping",
    "realtime.presence",
    "realtime.subscribe",
    "realtime.unsubscribe",
)
"""Operations that clients call by sending a message. Faults apply to the responses."""
FRAMES = ("realtime.connected", "realtime.event")
"""Frames that the server sends unprompted, under their names in faults and the request log."""
OPERATIONS = ("realtime.connect", *MESSAGES)
"""All operations that clients can call; the first one opens the connection."""
