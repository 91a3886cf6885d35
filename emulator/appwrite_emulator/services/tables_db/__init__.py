"""TablesDB, with one module each for databases, tables, columns, indexes, rows and transactions.

services/databases.py has the same operations under their legacy names.
"""
