"""Returns each byte once."""


def main(context):
    return context.res.binary(bytes(range(256)))
