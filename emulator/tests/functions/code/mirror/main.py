"""Returns its request and some environment variables."""

import os

from helper import seen

VARIABLES = ("COLOUR", "PYTHONPATH", "APPWRITE_FUNCTION_ID", "APPWRITE_FUNCTION_API_ENDPOINT")


def main(context):
    return context.res.json({"req": seen(context.req), "env": {name: os.environ.get(name) for name in VARIABLES}})
