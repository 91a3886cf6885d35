"""The pages under /_emulator/, and their JSON versions."""
