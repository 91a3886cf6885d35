"""Rows: one real SQLite table per Appwrite table, created at run time.

connection     raw SQLite statements
table_schema   a table's schema, prepared for row access and cached in memory
relationships  relationships as seen from one table, and where they are stored
storage        creating and altering those tables: real columns, real indexes, full-text indexes
column_types   validation, storage and display of column values
operators      updates given as operators instead of values: increment, arrayAppend…
reading        one row, lists, totals
nested_reads   related rows nested in the rows that were read
list_cache     row lists requested with `ttl`
writing        creating, updating and deleting rows
nested_writes  creating and updating rows that contain nested rows
deletion       deleting rows that have related rows
"""
