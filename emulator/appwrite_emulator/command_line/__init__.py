"""The command line: its options, the running server, and the command that `exec` runs.

These modules import Django only after the options have been validated, so that `--help` and `--version` are fast.
"""
