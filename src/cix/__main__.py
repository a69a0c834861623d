"""``python -m cix``: the command line."""

from __future__ import annotations

from cix.cli import main

if __name__ == "__main__":
    main(prog_name="cix")
