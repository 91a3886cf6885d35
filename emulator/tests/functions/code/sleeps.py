"""Sleeps for a minute."""

import time


def main(context):
    context.log("going to sleep")
    time.sleep(60)
