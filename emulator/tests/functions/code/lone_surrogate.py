"""Logs and returns half a surrogate pair."""


def main(context):
    context.log("half \ud800")
    return context.res.text("\ud800", headers={"x-half": "\ud800"})
