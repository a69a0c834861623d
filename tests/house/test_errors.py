"""Every exception is documented, coded, picklable, and says what was found and what to do."""

from __future__ import annotations

import inspect
import pickle
import re
import typing

import attrs
import pytest

from cix import errors
from house.project import ROOT

EXCEPTIONS = [
    found
    for _, found in inspect.getmembers(errors, inspect.isclass)
    if issubclass(found, BaseException) and found.__module__ == errors.__name__
]
SAMPLES: dict[object, object] = {
    str: "found-this",
    int: 7,
    bool: True,
    tuple[str, ...]: ("one", "two"),
    str | None: "found-this",
    int | None: 7,
}


def sample(cls: type[errors.CixError]) -> errors.CixError:
    """Return an instance of *cls* with a sample value for each of its fields."""
    if not attrs.has(cls):
        return cls()
    hints = typing.get_type_hints(cls)
    return cls(*(SAMPLES[hints[field.name]] for field in attrs.fields(cls)))


each = pytest.mark.parametrize("cls", EXCEPTIONS, ids=lambda cls: cls.__name__)


def test_there_are_exceptions_to_test() -> None:
    assert len(EXCEPTIONS) > 10


@each
def test_everything_raised_on_purpose_is_a_cix_error(cls: type[Exception]) -> None:
    assert issubclass(cls, errors.CixError)
    assert cls.__name__.endswith("Error")


@each
def test_a_code_has_the_form_cix_and_three_digits(cls: type[errors.CixError]) -> None:
    assert re.fullmatch(r"CIX-\d{3}", cls.code)


def test_no_two_exceptions_share_a_code() -> None:
    codes = [cls.code for cls in EXCEPTIONS]
    assert sorted(set(codes)) == sorted(codes)


@each
def test_an_exception_can_be_sent_to_another_process(cls: type[errors.CixError]) -> None:
    error = sample(cls)
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own bytes
    assert type(back) is cls
    assert str(back) == str(error)
    if attrs.has(cls):
        assert attrs.astuple(back) == attrs.astuple(error)


@each
def test_the_message_tells_what_was_found(cls: type[errors.CixError]) -> None:
    if attrs.has(cls):
        assert str(sample(cls)).strip()
        assert re.search(r"found-this|7|one", str(sample(cls)))


@each
def test_the_tree_at_the_top_of_the_module_draws_every_exception(cls: type[Exception]) -> None:
    assert re.search(rf"\b{cls.__name__}\b", str(errors.__doc__))


@each
def test_the_reference_page_documents_every_exception(cls: type[errors.CixError]) -> None:
    page = (ROOT / "docs" / "reference" / "errors.md").read_text("utf-8")
    assert re.search(rf"\b{cls.__name__}\b", page)
    assert cls.code in page
