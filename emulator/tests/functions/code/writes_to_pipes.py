"""Writes to every open file descriptor from 3 to 8."""

import os


def is_open(number):
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def main(context):
    for number in range(3, 9):
        if is_open(number):
            os.write(number, b'[1]\n{"status": "?"}\n5\n')
    return context.res.text("none the worse")
