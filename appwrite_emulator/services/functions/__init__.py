"""/functions: one module for the functions, one for their variables, their deployments and their executions."""
