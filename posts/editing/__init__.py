"""Writing: saving with conflicts, and what waits in the cache meanwhile."""
