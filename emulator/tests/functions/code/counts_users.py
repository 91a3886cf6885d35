"""Counts the users, with the execution's API key."""

import json
import os
import urllib.request


def main(context):
    headers = {
        "x-appwrite-project": os.environ["APPWRITE_FUNCTION_PROJECT_ID"],
        "x-appwrite-key": context.req.headers["x-appwrite-key"],
    }
    users = urllib.request.Request(os.environ["APPWRITE_FUNCTION_API_ENDPOINT"] + "/users", headers=headers)
    with urllib.request.urlopen(users) as answer:
        return context.res.json({"total": json.load(answer)["total"]})
