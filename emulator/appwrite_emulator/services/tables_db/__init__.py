"""TablesDB: databases, tables, columns, indexes, rows and transactions, one module each.

services/databases.py offers the same operations under their legacy names.
"""
