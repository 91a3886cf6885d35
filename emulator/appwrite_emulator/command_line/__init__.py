"""The command line: its options, the running server, and the command of `exec`.

These modules import Django only after the options have been validated, so that `--help` and `--version` are fast.
"""
