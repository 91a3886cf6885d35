"""The data browser: pages under /_emulator/data/, one module per kind of data; each page also as JSON.

Users, rows and files can be created, changed and deleted there.
"""
