"""Sleeps longer than it may."""

import time


def main(context):
    context.log("going to sleep")
    time.sleep(60)
