"""The command line: ``cix.cli:main``. What a command needs is imported when it runs."""

from __future__ import annotations

from cix.cli.app import main

__all__ = ["main"]
