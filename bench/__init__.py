"""How fast it is, as tables: `make bench`. Nothing here asserts anything; figures depend on the machine."""
