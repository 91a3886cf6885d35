"""Logs 12 MB of text and returns 5 MB of text."""


def main(context):
    for n in range(3000):
        context.log(n, "x" * 4000)
    return context.res.text("y" * 5_000_000)
