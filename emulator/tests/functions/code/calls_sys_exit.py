"""Calls `sys.exit`."""

import sys


def main(context):
    sys.exit(3)
