"""``python -m bridge.cli``: the ``policybridge`` command where it is not installed."""

from bridge.cli import main

main()
