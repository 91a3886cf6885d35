"""Logs the caller and returns a greeting."""


def main(context):
    context.log("called by", context.req.headers["x-appwrite-user-id"] or "a guest")
    return context.res.text("Hello!")
