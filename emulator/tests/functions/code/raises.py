"""Logs and raises an exception."""


def main(context):
    context.log("before")
    raise ValueError("no such luck")
