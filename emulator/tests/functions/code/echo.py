"""Returns the request body."""


def main(context):
    return context.res.text(context.req.body_text, headers={"x-name": "Bjørnstjerne"})
