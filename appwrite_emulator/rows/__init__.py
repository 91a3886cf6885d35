"""Rows: one real SQLite table per Appwrite table, made at run time.

shapes     a table as its rows need it, kept in memory
relations  relationships as one table's rows see them, and where they are kept
storage    making and changing those tables: real columns, real indexes, full-text indexes
values     what a column takes, how it is stored and shown
operators  changes that are told instead of values: increment, arrayAppend ...
reading    one row, lists, totals
populating related rows, inside the rows that were read
writing    creating, changing, removing
relating   creating and changing rows that have other rows inside
removing   removing rows that others are related to
staging    writes that wait in a transaction
"""
