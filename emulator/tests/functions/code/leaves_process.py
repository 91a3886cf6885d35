"""Returns while a process that it started is still running."""

import subprocess


def main(context):
    subprocess.Popen(["sleep", "60"], close_fds=False)
    return context.res.text("done")
