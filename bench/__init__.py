"""Benchmarks that print tables (`make bench`). No benchmark fails, because the numbers depend on the machine."""
