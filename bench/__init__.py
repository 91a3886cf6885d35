"""Benchmarks that print tables (`make bench`). They assert nothing, because the numbers depend on the machine."""
