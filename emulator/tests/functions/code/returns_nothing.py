"""Does not return its response."""


def main(context):
    context.res.text("not returned")
