"""Opens the engine that a command works with."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit, urlunsplit

import click

from cix.cli import settings
from cix.cli.base import Session
from cix.cli.words import t
from cix.errors import StoreUnavailableError

if TYPE_CHECKING:
    from cix.engine import Engine

_SQLITE: Final = "sqlite:///"
_OFTEN: Final = 3


def url_of(db: str) -> str:
    """Return the URL of what was given, a URL or a path of an SQLite file."""
    return db if "://" in db else _SQLITE + db


def shown(db: str) -> str:
    """Return *db* without the password that it may hold."""
    if "://" not in db:
        return db
    parts = urlsplit(db)
    if parts.password is None:
        return db
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))


def file_of(db: str) -> Path | None:
    """Return the file of an SQLite store, None for what is no file."""
    url = url_of(db)
    if not url.startswith(_SQLITE):
        return None
    name = url.removeprefix(_SQLITE).partition("?")[0]
    return Path(name) if name and name != ":memory:" else None


def require(db: str) -> None:
    """Refuse to read from a file that is not there; reading makes no store."""
    file = file_of(db)
    if file is not None and not file.exists():
        hint = t("name another with --db, or make one: cix demo, cix apply, cix migrate")
        raise StoreUnavailableError(db, t("there is no such file"), hint)


@contextmanager
def opened(
    session: Session,
    *,
    reads: bool = False,
    views: Literal["inline", "worker"] | None = None,
) -> Generator[Engine]:
    """Open the engine on the store that the settings name.

    A command that only *reads* is refused where there is no file. Raises what ``cix.open`` does.
    """
    found = settings.resolve(session.flags)
    db = found["db"].value
    if reads:
        require(db)
    import cix

    chosen: dict[str, Any] = {
        name: found[name].value
        for name in ("timeout", "durability")
        if found[name].origin != "default"
    }
    how = views or found["views"].value
    with warnings_shown(), cix.open(url_of(db), views=how, **chosen) as engine:
        yield engine


def actor_of(session: Session, given: str | None) -> str | None:
    """Return who asks: the option, else the setting."""
    return given or settings.resolve(session.flags)["actor"].value


class _Line(logging.Formatter):
    """Writes a warning with the values that came along, without the time."""

    def format(self, record: logging.LogRecord) -> str:
        plain = logging.makeLogRecord({}).__dict__
        extra = {k: v for k, v in record.__dict__.items() if k not in plain and k != "message"}
        more = "".join(f" {name}={value}" for name, value in extra.items() if name != "taskName")
        return f"cix: {record.getMessage()}{more}"


class _Echo(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(self.format(record), err=True)


class _Some(logging.Filter):
    """Lets a message pass three times; never one that is for programs that stay."""

    def __init__(self) -> None:
        super().__init__()
        self._met: Counter[str] = Counter()

    def filter(self, record: logging.LogRecord) -> bool:
        text = str(record.msg)
        self._met[text] += 1
        return self._met[text] <= _OFTEN and not text.startswith("SQLite %s has a bug")


@contextmanager
def warnings_shown() -> Generator[None]:
    """Show the library's warnings on standard error while the block runs."""
    log, handler = logging.getLogger("cix"), _Echo()
    handler.setFormatter(_Line())
    handler.addFilter(_Some())
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
