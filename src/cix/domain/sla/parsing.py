"""How an ``sla`` policy is read from plain data, and refused with the place and the way out.

A body holds ``policy`` and ``escalation`` (lists, in the order in which they are tried) and
``bot``. Every key but the required ones has a default; a key that has no meaning for the kind of
a target is refused, since it would promise what is not kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, Final, cast, get_args

from cix.domain.policy import read_by
from cix.domain.sla.escalation import as_policy
from cix.domain.sla.facts_in import PARTIES, Value
from cix.domain.sla.plain_table import Table, refused
from cix.domain.sla.policy import (
    RESOLVED,
    SECOND_US,
    Bot,
    Escalation,
    Kind,
    Level,
    OnChange,
    OnEdit,
    Reopen,
    SlaPolicy,
    SlaRules,
    Target,
    Warn,
)

KIND: Final = "sla"
UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_TOKEN: Final = re.compile(
    rf"status:.+|message:(?:{'|'.join(PARTIES)})(?::\d+)?|(?:escalated|ack)(?::\d+)?"
    r"|(?!status$|message$)[^:]+"
)
_PART: Final = re.compile(r"[0-9]+[smhd]")
_DURATION: Final = re.compile(r"([0-9]+[smhd])+")
# Which kinds a key has a meaning for; a key that is not listed has one for all.
_MEANT_FOR: Final[Mapping[str, tuple[Kind, ...]]] = {
    "start": ("tokens", "periodic_update"),
    "stop": ("tokens",),
    "repeat": ("tokens",),
    "reopen": ("resolution",),
    "restart_by": ("periodic_update",),
    "solved_stops": ("first_response", "next_response", "periodic_update"),
    "after_first_reply_only": ("next_response",),
}


@read_by(KIND)
def read(body: Mapping[str, Any]) -> SlaRules:
    """Read a version of the SLA policies; ``InvalidPolicyError`` names what cannot be meant."""
    table = Table.of(body, "", KIND)
    table.only("policy", "escalation", "bot")
    policies = tuple(_policy(one) for one in table.tables("policy"))
    escalations = tuple(_escalation(one) for one in table.tables("escalation"))
    every = (*policies, *(as_policy(one) for one in escalations))
    places = [*table.places("policy"), *table.places("escalation")]
    _check_reachable(every, places)
    return SlaRules(every, escalations, _bot(table.table("bot")))


def _check_reachable(policies: tuple[SlaPolicy, ...], places: list[str]) -> None:
    for n, (policy, place) in enumerate(zip(policies, places, strict=True)):
        for before in policies[:n]:
            if before.family != policy.family:
                continue
            if before.name == policy.name:
                problem = f"{policy.name!r} stands twice in the family {policy.family!r}"
                raise refused(KIND, f"{place}.name", problem, "give each policy its own name")
            if not before.when or before.when == policy.when:
                problem = f"never applies: {before.name!r} stands before it and always holds first"
                raise refused(KIND, f"{place}.when", problem, "put the general one last")


# -- policies and targets --------------------------------------------------------
def _policy(table: Table) -> SlaPolicy:
    table.only("name", "family", "when", "targets", "on_edit", "from_message", "reopen_window")
    targets = tuple(_target(one) for one in table.tables("targets"))
    if not targets:
        raise refused(KIND, table.at("targets"), "a policy promises something", "add a target")
    names = [one.name for one in targets]
    for n, name in enumerate(names):
        if name in names[:n]:
            place = f"{table.at('targets')}[{n}].name"
            raise refused(KIND, place, f"{name!r} stands twice", "name each target differently")
    window = table.get("reopen_window")
    return SlaPolicy(
        table.text("name"),
        table.text("family"),
        targets,
        _when(table.table("when")),
        cast("OnEdit", table.choice("on_edit", "keep", get_args(OnEdit))),
        table.flag("from_message", default=False),
        None if window is None else duration_s(window, table.at("reopen_window")) * SECOND_US,
    )


def _target(table: Table) -> Target:
    name = table.text("name")
    kinds = get_args(Kind)
    kind = cast("Kind", table.choice("kind", name if name in kinds else "tokens", kinds))
    table.only(
        "name", "seconds", "calendar", "kind", "cancel", "pause_on", "resolved", "warn",
        "on_change", *_MEANT_FOR,
    )  # fmt: skip
    for key, meant in _MEANT_FOR.items():
        if key in table.plain and kind not in meant:
            hint = f"it is for {', '.join(meant)}"
            raise refused(KIND, table.at(key), f"{key} has no meaning for {kind}", hint)
    seconds = table.count("seconds")
    start = _tokens(table, "start")
    if kind == "tokens" and not start:
        raise refused(KIND, table.at("start"), f"{name!r} never starts", "list the start tokens")
    return Target(
        name,
        seconds,
        table.text("calendar"),
        kind,
        start,
        _tokens(table, "stop"),
        _tokens(table, "cancel"),
        table.flag("repeat", default=False),
        table.texts("pause_on"),
        table.texts("resolved", RESOLVED),
        cast("Reopen", table.choice("reopen", "resume", get_args(Reopen))),
        _parties(table),
        table.flag("solved_stops", default=True),
        table.flag("after_first_reply_only", default=False),
        _warnings(table, seconds),
        cast("OnChange", table.choice("on_change", "retroactive", get_args(OnChange))),
    )


def _parties(table: Table) -> tuple[str, ...]:
    parties = table.texts("restart_by", ("agent",))
    for n, party in enumerate(parties):
        if party not in PARTIES:
            place = f"{table.at('restart_by')}[{n}]"
            raise refused(KIND, place, f"no party {party!r}", f"there are {', '.join(PARTIES)}")
    return parties


def _tokens(table: Table, key: str) -> tuple[str, ...]:
    tokens = table.texts(key)
    for n, token in enumerate(tokens):
        if not _TOKEN.fullmatch(token):
            hint = "such as status:resolved, message:agent, escalated:2 or a milestone's name"
            raise refused(KIND, f"{table.at(key)}[{n}]", f"{token!r} is no token", hint)
    return tokens


def _when(table: Table) -> tuple[tuple[str, tuple[Value, ...]], ...]:
    pairs: list[tuple[str, tuple[Value, ...]]] = []
    for name, held in table.plain.items():
        if name == "status":
            hint = "name statuses in pause_on, resolved or tokens"
            raise refused(KIND, table.at(name), "a policy is not chosen by the status", hint)
        values: list[object] = list(held) if isinstance(held, list | tuple) else [held]  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # each is looked at just below
        if not values or not all(isinstance(one, str | int | bool) for one in values):
            problem = f"{held!r} is no value a field can have"
            raise refused(KIND, table.at(name), problem, "write a text, a number, a bool or a list")
        pairs.append((name, tuple(cast("list[Value]", values))))
    return tuple(sorted(pairs, key=lambda pair: pair[0]))


# -- durations and warnings --------------------------------------------------------
def duration_s(value: object, where: str) -> int:
    """Read a duration in seconds from a whole number or a text such as ``10m`` or ``1h30m``."""
    seconds = value
    if isinstance(value, str) and _DURATION.fullmatch(value):
        seconds = sum(int(part[:-1]) * UNITS[part[-1]] for part in _PART.findall(value))
    if type(seconds) is not int or seconds <= 0:
        hint = "write seconds, or a text such as 10m, 1h30m, 3d"
        raise refused(KIND, where, f"{value!r} is no duration", hint)
    return seconds


def _warnings(table: Table, seconds: int) -> tuple[Warn, ...]:
    found: list[Warn] = []
    for n, one in enumerate(table.list("warn")):
        place = f"{table.at('warn')}[{n}]"
        warn = _warning(one, place)
        if not 0 < warn.threshold_us(seconds * SECOND_US) <= seconds * SECOND_US:
            hint = "write a fraction up to 1 such as 0.8, or time left such as 10m"
            raise refused(KIND, place, f"{one!r} lies outside {seconds} s", hint)
        if warn.label in [held.label for held in found]:
            raise refused(KIND, place, f"{one!r} stands twice", "write each warning once")
        found.append(warn)
    return tuple(found)


def _warning(value: object, where: str) -> Warn:
    if isinstance(value, str):
        return Warn(value, left_us=duration_s(value, where) * SECOND_US)
    if type(value) not in {int, float}:
        hint = "write a fraction such as 0.8, or time left such as 10m"
        raise refused(KIND, where, f"{value!r} is no warning", hint)
    label = str(value)
    try:
        share = Fraction(label)
    except ValueError:
        raise refused(KIND, where, f"{label} is no number", "write 0.8 or 10m") from None
    return Warn(label, share.numerator, share.denominator)


# -- escalations and the bot ---------------------------------------------------------
def _escalation(table: Table) -> Escalation:
    table.only("name", "family", "when", "levels", "on_edit")
    levels = tuple(_level(one) for one in table.tables("levels"))
    if not levels:
        raise refused(KIND, table.at("levels"), "nothing to escalate to", "add a level")
    for n, one in enumerate(levels[1:], start=1):
        if one.level <= levels[n - 1].level:
            place = f"{table.at('levels')}[{n}].level"
            problem = f"level {one.level} stands behind level {levels[n - 1].level}"
            raise refused(KIND, place, problem, "list the levels upward")
    return Escalation(
        table.text("name"),
        levels,
        _when(table.table("when")),
        table.text("family", "escalation"),
        cast("OnEdit", table.choice("on_edit", "keep", get_args(OnEdit))),
    )


def _level(table: Table) -> Level:
    table.only(
        "level", "start", "after", "unless", "calendar", "notify", "assign", "answer_within",
        "stop", "auto", "repeat",
    )  # fmt: skip
    within = table.count("answer_within") if "answer_within" in table.plain else None
    level, stop = table.count("level"), _tokens(table, "stop")
    if within is None and stop:
        problem = "what answers is told, and not within what time"
        raise refused(KIND, table.at("answer_within"), problem, "give the seconds of an answer")
    return Level(
        level,
        table.count("after"),
        table.text("calendar"),
        _tokens(table, "start"),
        _tokens(table, "unless"),
        within,
        stop or (f"message:agent:{level}", f"ack:{level}"),
        table.flag("auto", default=True),
        table.count("repeat", 0, least=0),
        table.text("notify") if "notify" in table.plain else None,
        table.text("assign") if "assign" in table.plain else None,
    )


def _bot(table: Table) -> Bot:
    table.only("handover_on_request", "handover_after_unresolved")
    return Bot(
        table.flag("handover_on_request", default=True),
        table.count("handover_after_unresolved", 3),
    )
