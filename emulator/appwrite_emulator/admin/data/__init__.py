"""The data browser: pages under /_emulator/data/, one module per kind of data. Each page is also available as JSON.

Users, rows and files can be created, changed and deleted on these pages.
"""
