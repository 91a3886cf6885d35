"""Returns every byte value once."""


def main(context):
    return context.res.binary(bytes(range(256)))
