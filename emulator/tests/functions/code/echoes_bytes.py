"""Returns two fixed bytes followed by the request body."""


def main(context):
    return context.res.binary(b"\x00\xff" + context.req.body_binary)
