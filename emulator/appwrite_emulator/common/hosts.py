"""Host names of this computer."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
