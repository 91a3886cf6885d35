"""Returns the body of the request."""


def main(context):
    return context.res.text(context.req.body_text, headers={"x-name": "Bjørnstjerne"})
