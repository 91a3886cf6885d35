"""/functions, with one module each for functions, variables, deployments and executions."""
