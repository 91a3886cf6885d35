"""Leads elsewhere."""


def main(context):
    return context.res.redirect("https://example.com/")
