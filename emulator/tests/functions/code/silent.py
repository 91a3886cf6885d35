"""Forgets to return its answer."""


def main(context):
    context.res.text("not returned")
