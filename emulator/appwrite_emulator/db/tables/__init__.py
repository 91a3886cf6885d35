"""Rows: one real SQLite table per Appwrite table, created at run time.

table_schema  a table's schema as row access needs it, cached in memory
relations  relationships as seen from one table, and where they are stored
storage    creating and altering those tables: real columns, real indexes, full-text indexes
values     validation, storage and display of column values
operators  updates given as operators instead of values: increment, arrayAppend…
reading    one row, lists, totals
populating related rows nested in the rows that were read
writing    creating, updating and deleting rows
relating   creating and updating rows that contain nested rows
removing   deleting rows that other rows are related to
staging    writes staged in a transaction
"""
