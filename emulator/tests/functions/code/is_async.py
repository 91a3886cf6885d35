"""Has a `main` that is a coroutine function."""


async def main(context):
    return context.res.text("later")
