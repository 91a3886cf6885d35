"""What lies under /functions: what functions may be made of, whose code is where, and how it is run."""
