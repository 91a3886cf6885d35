"""Rows: one real SQLite table per Appwrite table, made at run time.

shapes    a table as its rows need it, kept in memory
storage   making and changing those tables: real columns, real indexes, full-text indexes
values    what a column takes, how it is stored and shown
operators changes that are told instead of values: increment, arrayAppend ...
reading   one row, lists, totals
writing   creating, changing, removing
staging   writes that wait in a transaction
"""
