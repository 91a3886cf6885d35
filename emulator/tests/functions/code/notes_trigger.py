"""Logs the execution's trigger, event and user, the request body, and whether the request has a user's JWT."""


def main(context):
    names = ("trigger", "event", "user-id", "user-jwt")
    context.log("|".join(context.req.headers.get(f"x-appwrite-{name}", "") for name in names[:3]))
    context.log(context.req.body_text)
    context.log("jwt" if context.req.headers.get("x-appwrite-user-jwt") else "no jwt")
    return context.res.empty()
