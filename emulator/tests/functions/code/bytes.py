"""Answers with bytes."""


def main(context):
    return context.res.binary(b"\x00\xff" + context.req.body_binary)
