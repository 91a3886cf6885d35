"""Returns while a thread that it started is still running."""

import threading
import time


def main(context):
    threading.Thread(target=time.sleep, args=(60,)).start()
    return context.res.text("done")
