"""Names of query and mutation fields: the service and the method, for example `tablesDBListRows`."""

import re

# Service -> abbreviations that were in title case in its method names before Appwrite 1.8, as in
# `account.createMfaChallenge`. Appwrite's schema still contains fields with those names.
_ABBREVIATIONS = {"account": "MFA", "users": "MFA", "messaging": "APNS|FCM|SMS|SMTP"}

_NEVER_RENAMED = {"account.updateMFA"}


def field_name(operation: str) -> str:
    """Convert `tablesDB.listRows` to `tablesDBListRows`."""
    service, method = operation.split(".")
    return f"{service}{method[0].upper()}{method[1:]}"


def earlier_name(operation: str) -> str:
    """Return the operation's deprecated name, such as `messaging.createSms` for `messaging.createSMS`.

    If it has none, return the current name.
    """
    service = operation.partition(".")[0]
    if service not in _ABBREVIATIONS or operation in _NEVER_RENAMED:
        return operation
    return re.sub(_ABBREVIATIONS[service], lambda abbreviation: abbreviation[0].title(), operation)
