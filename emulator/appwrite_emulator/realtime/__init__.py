"""The WebSocket at /v1/realtime: connections, their subscriptions, and the events they receive."""

MESSAGES = (
    "realtime.authentication",
    "realtime.ping",
    "realtime.presence",
    "realtime.subscribe",
    "realtime.unsubscribe",
)
"""Operations that clients call by sending a message. Faults apply to the answers."""
FRAMES = ("realtime.connected", "realtime.event")
"""Frames that the server sends by itself, as faults and the request log name them."""
OPERATIONS = ("realtime.connect", *MESSAGES)
"""All operations of clients; the first one opens the connection."""
