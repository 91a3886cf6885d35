"""The command line: its options, the running server, and the command of `exec`.

Nothing here imports Django before the options are known to be valid, so that `--help` and `--version` are fast.
"""
