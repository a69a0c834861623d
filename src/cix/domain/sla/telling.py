"""A timer told in words, in English or Chinese: policy, calendar, segments, the facts behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

import attrs

from cix.domain.sla.defaults import title
from cix.domain.sla.verdict import Timer
from cix.plain import instant_text

Language: TypeAlias = Literal["en", "zh-CN"]


@attrs.frozen
class Behind:
    """One fact that moved a clock, as the log holds it; of what time decided only the name."""

    name: str
    """What the clock calls it: its position, or what time derived it from."""
    fact: str = "time"
    occurred_at: datetime | None = None
    recorded_at: datetime | None = None
    actor: str | None = None


_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "head": "{target} no. {n} of ticket {ticket}: {status}",
        "policy": "policy {policy}, version {version}, {family}; promised {allowed}",
        "calendar": "calendar {calendar}, version {version}",
        "always": "calendar time",
        "elapsed": "elapsed {elapsed}, remaining {remaining}",
        "due": "due at {due}, the last moment in time is {latest}",
        "resumed_now": "paused; resumed now it would be due at {due}",
        "breached": "breached at {at}, could be known at {known}",
        "segment": "ran from {start} to {end}: {elapsed} ({seconds} s) on {calendar}",
        "waited": "was paused from {start} to {end}: not counted",
        "now": "now",
        "fact": "the fact at position {name}",
        "known": "{fact} ({details})",
        "recorded": "recorded {at}",
        "between": ", ",
        "time": "time itself, after the fact at position {name}",
        "warned": "warning {threshold} at {at}{late}",
        "late": ", already past when first known",
        "started": "started at {at} by {because}",
        "paused": "paused at {at} by {because}",
        "resumed": "resumed at {at} by {because}",
        "met": "stopped in time at {at} by {because}",
        "cancelled": "cancelled at {at} by {because}",
        "retargeted": "another target from {at} on by {because}",
    },
    "zh-CN": {
        "head": "工单 {ticket} 的{target}（第 {n} 次）：{status}",
        "policy": "策略 {policy}，版本 {version}，{family}；时限 {allowed}",
        "calendar": "工作日历 {calendar}，版本 {version}",
        "always": "自然时间",
        "elapsed": "已用 {elapsed}，剩余 {remaining}",
        "due": "到期时刻 {due}，最晚不超时时刻 {latest}",
        "resumed_now": "暂停计时；若现在恢复，到期时刻为 {due}",
        "breached": "超时时刻 {at}，可知时刻 {known}",
        "segment": "计时 {start} 至 {end}：{elapsed}，即 {seconds} 秒（{calendar}）",
        "waited": "暂停 {start} 至 {end}：不计时",
        "now": "现在",
        "fact": "位置 {name} 的事件",
        "known": "{fact}（{details}）",
        "recorded": "记录于 {at}",
        "between": "，",
        "time": "时间自动推定（源自位置 {name} 的事件）",
        "warned": "预警 {threshold}，时刻 {at}{late}",
        "late": "（得知时已过）",
        "started": "{at} 开始计时，依据 {because}",
        "paused": "{at} 暂停计时，依据 {because}",
        "resumed": "{at} 恢复计时，依据 {because}",
        "met": "{at} 按时停止，依据 {because}",
        "cancelled": "{at} 取消，依据 {because}",
        "retargeted": "{at} 起改用新时限，依据 {because}",
    },
}


def tell(timer: Timer, language: Language = "en", behind: Iterable[Behind] = ()) -> tuple[str, ...]:
    """Return the lines that explain a timer as it stands; instants in UTC.

    ``behind`` are the facts that its moves name, where they are known better than by position.
    """
    return tuple(_lines(timer, language, {one.name: one for one in behind}))


def _called(words: Mapping[str, str], name: str, found: Behind | None) -> str:
    if found is None or found.recorded_at is None:
        position = name.partition("~")[0].partition("+")[0]
        return words["time" if "~" in name else "fact"].format(name=position)
    details = [found.name, *(() if found.actor is None else (found.actor,))]
    if found.recorded_at != found.occurred_at:
        details.append(words["recorded"].format(at=_at(found.recorded_at)))
    return words["known"].format(fact=found.fact, details=words["between"].join(details))


def _lines(timer: Timer, language: Language, behind: Mapping[str, Behind]) -> Iterator[str]:
    words = _WORDS[language]

    def named(name: str) -> str:
        found = title(name)
        return found.en if language == "en" else found.zh

    yield words["head"].format(
        target=named(timer.target), n=timer.n, ticket=timer.ticket, status=named(timer.status)
    )
    yield words["policy"].format(
        policy=named(timer.policy),
        version=timer.policy_version or "-",
        family=named(timer.family),
        allowed=timer.allowed,
    )
    yield _calendar(words, timer.calendar, timer.calendar_version)
    yield words["elapsed"].format(elapsed=_span(timer.elapsed), remaining=_span(timer.remaining))
    if timer.breached_at is not None:
        yield words["breached"].format(at=_at(timer.breached_at), known=_at(timer.known_at))
    elif timer.due_at is not None:
        yield words["due"].format(due=_at(timer.due_at), latest=_at(timer.due_latest))
    elif timer.due_if_resumed_now is not None:
        yield words["resumed_now"].format(due=_at(timer.due_if_resumed_now))
    for one in timer.moved:
        yield words[one.what].format(
            at=_at(one.at), because=_called(words, one.because, behind.get(one.because))
        )
    told = [*_ran(timer, words), *_waited(timer, words)]
    yield from (line for _, line in sorted(told))
    for warning in timer.warnings:
        late = words["late"] if warning.late else ""
        yield words["warned"].format(threshold=warning.threshold, at=_at(warning.at), late=late)


def _ran(timer: Timer, words: Mapping[str, str]) -> Iterator[tuple[datetime, str]]:
    for segment in timer.segments:
        yield (
            segment.started_at,
            words["segment"].format(
                start=_at(segment.started_at),
                end=words["now"] if segment.ended_at is None else _at(segment.ended_at),
                elapsed=_span(segment.elapsed),
                seconds=_seconds(segment.elapsed),
                calendar=_calendar(words, segment.calendar, segment.calendar_version),
            ),
        )


def _waited(timer: Timer, words: Mapping[str, str]) -> Iterator[tuple[datetime, str]]:
    """Yield the spans from a pause to whatever ended it; a stop that is no move ended it too."""
    for n, one in enumerate(timer.moved):
        if one.what == "paused":
            later = (other.at for other in timer.moved[n + 1 :] if other.what != "retargeted")
            end = next(later, timer.stopped_at)
            to = words["now"] if end is None else _at(end)
            yield one.at, words["waited"].format(start=_at(one.at), end=to)


def _calendar(words: Mapping[str, str], name: str, version: str) -> str:
    if name == "always":
        return words["always"]
    return words["calendar"].format(calendar=name, version=version)


def _at(instant: datetime | None) -> str:
    return "-" if instant is None else instant_text(instant)


def _seconds(duration: timedelta) -> str:
    whole, rest = divmod(duration, timedelta(seconds=1))
    return f"{whole}.{rest.microseconds:06}".rstrip("0") if rest else str(whole)


def _span(duration: timedelta) -> str:
    return f"-{-duration}" if duration < timedelta(0) else str(duration)
