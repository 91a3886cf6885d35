"""Leaves a process running."""

import subprocess


def main(context):
    subprocess.Popen(["sleep", "60"], close_fds=False)
    return context.res.text("done")
