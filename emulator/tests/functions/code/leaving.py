"""Ends its process."""

import sys


def main(context):
    sys.exit(3)
