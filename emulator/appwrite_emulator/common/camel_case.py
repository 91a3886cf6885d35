"""Names in camel case, as in Appwrite's API."""


def camel(name: str) -> str:
    """Convert `user_id` to `userId`."""
    head, *rest = name.rstrip("_").split("_")
    return head + "".join(word.title() for word in rest)
