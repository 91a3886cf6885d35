"""Returns the caller's account, which it reads with the caller's JWT."""

import os
import urllib.request


def main(context):
    headers = {
        "x-appwrite-project": os.environ["APPWRITE_FUNCTION_PROJECT_ID"],
        "x-appwrite-jwt": context.req.headers["x-appwrite-user-jwt"],
    }
    account = urllib.request.Request(os.environ["APPWRITE_FUNCTION_API_ENDPOINT"] + "/account", headers=headers)
    with urllib.request.urlopen(account) as answer:
        return context.res.binary(answer.read(), 200, {"Content-Type": "application/json"})
