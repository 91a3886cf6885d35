"""Logs, and exits at once."""

import os


def main(context):
    context.log("still here")
    os._exit(7)
