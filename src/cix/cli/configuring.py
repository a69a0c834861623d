"""``cix config show``: what the command line is told, and where each setting came from."""

from __future__ import annotations

from cix.cli import settings
from cix.cli.base import Session, option
from cix.cli.opening import shown
from cix.cli.options import command, forms, pass_session
from cix.cli.printing import answer_rows
from cix.cli.words import t


@command
@option("--origin", is_flag=True, help="Say where each value came from.")
@forms(lines=True)
@pass_session
def show(session: Session, *, origin: bool) -> None:
    """Print every setting.

    A flag comes before a variable CIX_*, that before cix.toml, that before the default.
    """
    rows = [
        {
            "name": found.setting.name,
            "value": shown(found.value) if found.setting.name == "db" else found.value,
            **({"origin": t(found.origin)} if origin else {}),
            **({"meaning": t(found.setting.says)} if session.form == "table" else {}),
        }
        for found in settings.resolve(session.flags).values()
    ]
    answer_rows(session, rows)
