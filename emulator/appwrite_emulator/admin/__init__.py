"""The pages under /_emulator/, and the same as JSON."""
