"""Prints where it should log."""


def main(context):
    print("printed")
    context.error({"a": 1})
    return context.res.text("")
