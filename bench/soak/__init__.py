"""An endurance test: run the site under load, with injected faults, and check that no post is lost and nothing grows.

    python -m bench.soak [SECONDS] [--cache redis|files] [--groups GROUP…] [--times NUMBER] [--busy] [--markdown]

`--help` explains the options and lists the reasons for exit code 1. docs/performance.md describes the load, the faults
and the checks.
"""
