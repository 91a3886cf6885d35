"""Functions: runtimes, specifications, the code folder, and executions."""
