"""Benchmarks that print tables (`make bench`). They check nothing, because the numbers depend on the machine."""
