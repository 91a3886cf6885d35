"""Has no `main`."""

x = 1
