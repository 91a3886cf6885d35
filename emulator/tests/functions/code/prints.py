"""Prints a line and logs an object as an error."""


def main(context):
    print("printed")
    context.error({"a": 1})
    return context.res.text("")
