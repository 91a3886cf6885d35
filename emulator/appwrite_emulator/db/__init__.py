"""Models, the write lock, the query language, and rows of tables created at run time."""
