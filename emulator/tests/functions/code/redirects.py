"""Redirects to another site."""


def main(context):
    return context.res.redirect("https://example.com/")
