"""TablesDB: databases, tables, columns, indexes, rows and transactions, a module each.

services/databases.py offers all of it once more under the older names.
"""
