"""Is a coroutine."""


async def main(context):
    return context.res.text("later")
