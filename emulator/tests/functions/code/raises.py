"""Logs a line, then raises an exception."""


def main(context):
    context.log("before")
    raise ValueError("no such luck")
