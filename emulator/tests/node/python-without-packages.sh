#!/bin/sh
exec "$APPWRITE_EMULATOR_PYTHON" -I -S "$@"
