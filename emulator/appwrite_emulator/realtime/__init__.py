"""The WebSocket at /v1/realtime: connections, their subscriptions and the events that they receive."""

MESSAGES = (
    "realtime.authentication",
    "realtime.ping",
    "realtime.presence",
    "realtime.subscribe",
    "realtime.unsubscribe",
)
"""Operations that clients call by sending a message. Faults are applied to the responses."""
FRAMES = ("realtime.connected", "realtime.event")
"""Names that faults and the request log use for frames that the server sends on its own."""
OPERATIONS = ("realtime.connect", *MESSAGES)
"""All operations that clients can call. The first one opens the connection."""
