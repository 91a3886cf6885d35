"""Returns an empty response."""


def main(context):
    return context.res.empty()
