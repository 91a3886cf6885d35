"""Returns bytes, and the body of the request."""


def main(context):
    return context.res.binary(b"\x00\xff" + context.req.body_binary)
