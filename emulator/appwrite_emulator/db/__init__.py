"""The database: models, write lock, query language, and row tables created at run time."""
