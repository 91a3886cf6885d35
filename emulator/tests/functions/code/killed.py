"""Kills its own process."""

import os
import signal


def main(context):
    os.kill(os.getpid(), signal.SIGKILL)
