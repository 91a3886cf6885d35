"""Has nothing to say."""


def main(context):
    return context.res.empty()
