"""What the command line is told: flag > CIX_* > cix.toml > default, and where each came from."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from cix.cli.words import LOCALES, language_of
from cix.errors import ConfigError

FILE: Final = "cix.toml"


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _seconds(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if 0 < found < float("inf") else None


def _among(*names: str) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in names else None


def _language(value: object) -> str | None:
    known = isinstance(value, str) and value.lower()[:2] in {"en", "zh"}
    return language_of(str(value)) if known else None


class Setting(NamedTuple):
    """One thing that may be set: how a value is read (None: it cannot be used) and its default."""

    name: str
    default: Any
    read: Callable[[object], Any]
    expected: str
    says: str

    @property
    def variable(self) -> str:
        """Return the environment variable that sets it."""
        return "CIX_" + self.name.upper()


_DURABILITY: Final = ("full", "normal_loses_last_commits_on_power_cut")
SETTINGS: Final = (
    Setting("db", "cix.db", _text, "a path or a URL", "where the store is"),
    Setting("lang", "en", _language, "en or zh", "language of texts"),
    Setting("actor", None, _text, "a name", "who asks, kept with every fact"),
    Setting(
        "views",
        "inline",
        _among("inline", "worker"),
        "inline or worker",
        "who keeps the views up to date: each command, or cix work",
    ),
    Setting(
        "timeout", 30.0, _seconds, "seconds above 0", "longest wait for a lock or a connection"
    ),
    Setting("durability", "full", _among(*_DURABILITY), " or ".join(_DURABILITY), "of commits"),
)
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}


class Found(NamedTuple):
    """The value of a setting and where it came from."""

    setting: Setting
    value: Any
    origin: str


def _read(setting: Setting, value: object, origin: str) -> Found:
    found = setting.read(value)
    if found is None:
        where = f"{setting.name} ({origin})"
        raise ConfigError(where, repr(value), f"give {setting.expected}")
    return Found(setting, found, origin)


def file_of(flags: Mapping[str, Any], environ: Mapping[str, str]) -> Path | None:
    """Return the settings file: the one that is named, or cix.toml of this folder if it is there.

    Raises ``ConfigError`` when the one that is named is not there.
    """
    named = flags.get("config") or environ.get("CIX_CONFIG")
    if named is None:
        return Path(FILE) if Path(FILE).is_file() else None
    if not Path(named).is_file():
        raise ConfigError("config", f"there is no file {named}", "name another, or none")
    return Path(named)


def from_file(path: Path | None) -> dict[str, Any]:
    """Return what the settings file says; ``ConfigError`` for what it cannot mean."""
    if path is None:
        return {}
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(str(path), str(error), "write lines such as db = 'crm.db'") from error
    for name in found:
        if name not in BY_NAME:
            raise ConfigError(str(path), f"no setting {name!r}", f"there are {', '.join(BY_NAME)}")
    return found


def resolve(flags: Mapping[str, Any], environ: Mapping[str, str] | None = None) -> dict[str, Found]:
    """Return every setting by name with its origin.

    Raises ``ConfigError`` for a value that cannot be used, naming where it stands.
    """
    env = os.environ if environ is None else environ
    path = file_of(flags, env)
    written = from_file(path)
    return {one.name: _resolved(one, flags, env, written, str(path)) for one in SETTINGS}


def _resolved(
    setting: Setting,
    flags: Mapping[str, Any],
    env: Mapping[str, str],
    written: Mapping[str, Any],
    path: str,
) -> Found:
    if flags.get(setting.name) is not None:
        return _read(setting, flags[setting.name], f"--{setting.name}")
    if env.get(setting.variable):
        return _read(setting, env[setting.variable], setting.variable)
    if setting.name in written:
        return _read(setting, written[setting.name], path)
    if setting.name == "lang" and (spoken := next((n for n in LOCALES if env.get(n)), None)):
        return Found(setting, language_of(env[spoken]), spoken)
    return Found(setting, setting.default, "default")
