"""Returns a number instead of a response."""


def main(context):
    return 5
