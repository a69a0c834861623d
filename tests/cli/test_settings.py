"""Where a setting comes from: flag, environment, cix.toml, default, in this order."""

from __future__ import annotations

from pathlib import Path

import pytest

from cix.cli.settings import SETTINGS, resolve
from cix.errors import ConfigError
from cli.calling import cix


def origins(*args: object, **env: str) -> dict[str, tuple[object, str]]:
    bare = {"CIX_DURABILITY": ""} | env
    rows = cix("config", "show", "--origin", "--json", *args, **bare).json
    return {row["name"]: (row["value"], row["origin"]) for row in rows}


def test_without_anything_every_setting_is_its_default() -> None:
    found = origins(LANG="")
    assert found["db"] == ("cix.db", "default")
    assert {origin for _, origin in found.values()} == {"default"}
    assert list(found) == [setting.name for setting in SETTINGS]


def test_a_flag_comes_before_the_environment_and_that_before_the_file(folder: Path) -> None:
    (folder / "cix.toml").write_text('db = "file.db"\nactor = "file"\ntimeout = 5\n')
    found = origins("--db", "flag.db", CIX_DB="env.db", CIX_ACTOR="env")
    assert found["db"] == ("flag.db", "--db")
    assert found["actor"] == ("env", "CIX_ACTOR")
    assert found["timeout"] == (5.0, "cix.toml")
    assert found["views"] == ("inline", "default")


def test_a_named_settings_file_is_read_from_anywhere(folder: Path) -> None:
    other = folder / "other.toml"
    other.write_text('db = "other.db"\n')
    assert origins("--config", other)["db"] == ("other.db", str(other))
    assert origins(CIX_CONFIG=str(other))["db"] == ("other.db", str(other))


def test_the_language_may_come_from_the_locale() -> None:
    assert origins(LANG="zh_CN.UTF-8")["lang"] == ("zh", "LANG")
    assert origins(LC_ALL="en_GB.UTF-8", LANG="zh_CN.UTF-8")["lang"] == ("en", "LC_ALL")


def test_a_password_is_not_shown() -> None:
    value, _ = origins("--db", "postgresql://ann:secret@host/crm")["db"]
    assert value == "postgresql://ann:***@host/crm"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("db = ", "cix.toml"),
        ('color = "red"', "no setting 'color'"),
        ("timeout = -1", "timeout (cix.toml): -1; give seconds above 0"),
        ('views = "sometimes"', "give inline or worker"),
        ("db = 7", "db (cix.toml): 7"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_with_its_place(
    folder: Path, text: str, told: str
) -> None:
    (folder / "cix.toml").write_text(text)
    done = cix("config", "show")
    assert done.code == 2
    assert "CIX-600" in done.err
    assert told in done.err


def test_help_works_beside_a_file_that_cannot_be_meant(folder: Path) -> None:
    (folder / "cix.toml").write_text("db = ")
    assert cix("--help").code == 0


def test_a_settings_file_that_is_named_must_be_there() -> None:
    done = cix("config", "show", "--config", "nowhere.toml")
    assert done.code == 2
    assert "there is no file nowhere.toml" in done.err


def test_a_value_of_the_environment_is_refused_by_its_variable() -> None:
    with pytest.raises(ConfigError, match="CIX_TIMEOUT"):
        resolve({}, {"CIX_TIMEOUT": "soon"})
