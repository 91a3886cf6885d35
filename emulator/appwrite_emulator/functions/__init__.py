"""Functions: runtimes and specifications, the code folder, and running code."""
