"""Service KPIs as the trade defines them, each with its counts kept.

A ratio keeps numerator and denominator, is None for 0 / 0, and is rounded only when shown.
Durations are whole microseconds unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import attrs

REPEAT_WINDOW_US: Final = 7 * 86_400 * 1_000_000
"""Within seven days the same customer with the same topic is the same issue again."""


@attrs.frozen
class Ratio:
    """A share, with what it is a share of."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """Return the quotient, None for nothing out of nothing."""
        return self.numerator / self.denominator if self.denominator else None


@attrs.frozen
class Issue:
    """One contact about a matter, for first-contact resolution; the instant in microseconds.

    ``first_level_can`` is False where level 1 cannot resolve such a matter at all.
    """

    customer: str
    topic: str
    at_us: int
    resolved: bool
    further: int = 0
    """Customer interactions after the first."""
    reopened: bool = False
    escalated: bool = False
    first_level_can: bool = True


@attrs.frozen
class FirstContact:
    """First-contact resolution: of all contacts, and net of those level 1 cannot resolve."""

    gross: Ratio
    net: Ratio


def first_contact_resolution(
    issues: Iterable[Issue], window_us: int = REPEAT_WINDOW_US
) -> FirstContact:
    """Count issues resolved in the first interaction.

    It is none when the same customer came again with the same topic within the window, by any
    channel, or when the ticket was reopened, escalated, or took further interactions.
    """
    ordered = sorted(issues, key=lambda one: (one.customer, one.topic, one.at_us))
    gross = net = able = 0
    for n, one in enumerate(ordered):
        after = ordered[n + 1] if n + 1 < len(ordered) else None
        again = (
            after is not None
            and (after.customer, after.topic) == (one.customer, one.topic)
            and after.at_us <= one.at_us + window_us
        )
        first = one.resolved and not (one.further or one.reopened or one.escalated or again)
        gross += first
        net += first and one.first_level_can
        able += one.first_level_can
    return FirstContact(Ratio(gross, len(ordered)), Ratio(net, able))


# -- what customers say --------------------------------------------------------------------
@attrs.frozen
class Scores:
    """Answers to a survey: the share that counts as good, the mean, and who answered at all."""

    good: Ratio
    total: int
    answers: int
    asked: int

    @property
    def mean(self) -> float | None:
        """Return the mean answer; no answer is not a zero."""
        return self.total / self.answers if self.answers else None

    @property
    def response_rate(self) -> Ratio:
        """Return how many of those asked answered."""
        return Ratio(self.answers, self.asked)


def csat(answers: Sequence[int], asked: int | None = None) -> Scores:
    """Customer satisfaction: answers of 4 or 5 on 1..5 (top two boxes)."""
    return _scores(answers, asked, 1, 5, 4)


def ces(answers: Sequence[int], asked: int | None = None) -> Scores:
    """Customer effort 2.0: agreement on 1..7 that it was easy; good is 5 to 7.

    Not on one scale with CSAT.
    """
    return _scores(answers, asked, 1, 7, 5)


def _scores(answers: Sequence[int], asked: int | None, low: int, high: int, good: int) -> Scores:
    _check_scale(answers, low, high)
    top = sum(1 for one in answers if one >= good)
    count = len(answers)
    return Scores(Ratio(top, count), sum(answers), count, count if asked is None else asked)


@attrs.frozen
class PromoterScore:
    """Net promoter score: promoters (9-10) less detractors (0-6), -100 to 100."""

    promoters: int
    passives: int
    detractors: int

    @property
    def value(self) -> float | None:
        """Return the score; None without answers."""
        total = self.promoters + self.passives + self.detractors
        return 100 * (self.promoters - self.detractors) / total if total else None


def nps(answers: Sequence[int]) -> PromoterScore:
    """Count the answers to "would you recommend us" on 0..10; 7 and 8 are passive."""
    _check_scale(answers, 0, 10)
    promoters = sum(1 for one in answers if one >= 9)  # noqa: PLR2004  # the score's own line
    detractors = sum(1 for one in answers if one <= 6)  # noqa: PLR2004  # the score's own line
    return PromoterScore(promoters, len(answers) - promoters - detractors, detractors)


def _check_scale(answers: Sequence[int], low: int, high: int) -> None:
    for one in answers:
        if not low <= one <= high:
            raise ValueError(f"{one} is no answer on {low}..{high}")


# -- contacts by phone and chat -----------------------------------------------------------
@attrs.frozen
class Contact:
    """One contact in a queue. ``answered`` is False for somebody who gave up."""

    wait_us: int
    answered: bool = True
    talk_us: int = 0
    hold_us: int = 0
    after_us: int = 0
    """After-call work."""

    @property
    def handled_us(self) -> int:
        """Return talk, hold and after-call work together."""
        return self.talk_us + self.hold_us + self.after_us


def average_handle_time(contacts: Iterable[Contact]) -> Ratio:
    """(talk + hold + after-call work) / contacts handled, in microseconds."""
    handled = [one for one in contacts if one.answered]
    return Ratio(sum(one.handled_us for one in handled), len(handled))


def average_speed_of_answer(contacts: Iterable[Contact]) -> Ratio:
    """Total wait of answered contacts / answered contacts; who gave up is left out."""
    answered = [one.wait_us for one in contacts if one.answered]
    return Ratio(sum(answered), len(answered))


@attrs.frozen
class ServiceLevel:
    """How many contacts were answered within Y, and who gave up within it or later.

    The three ways of the trade to count early abandons are ratios of the same counts.
    """

    answered_in_time: int
    answered_late: int
    abandoned_in_time: int
    abandoned_late: int

    @property
    def offered(self) -> int:
        """Return every contact that was answered or gave up."""
        return (
            self.answered_in_time + self.answered_late
            + self.abandoned_in_time + self.abandoned_late
        )  # fmt: skip

    @property
    def abandons_missed(self) -> Ratio:
        """Answered within Y / (answered + abandoned): every abandon counts as a miss."""
        return Ratio(self.answered_in_time, self.offered)

    @property
    def early_abandons_served(self) -> Ratio:
        """(Answered + abandoned, each within Y) / (answered + abandoned)."""
        return Ratio(self.answered_in_time + self.abandoned_in_time, self.offered)

    @property
    def early_abandons_left_out(self) -> Ratio:
        """Answered within Y / (answered + abandoned after Y)."""
        return Ratio(self.answered_in_time, self.offered - self.abandoned_in_time)


def service_level(contacts: Iterable[Contact], within_us: int) -> ServiceLevel:
    """Count contacts by answer and wait; a wait of exactly Y is within Y."""
    counts = {(True, True): 0, (True, False): 0, (False, True): 0, (False, False): 0}
    for one in contacts:
        counts[one.answered, one.wait_us <= within_us] += 1
    return ServiceLevel(
        counts[True, True], counts[True, False], counts[False, True], counts[False, False]
    )


def occupancy(busy_us: int, idle_us: int) -> Ratio:
    """(talk + hold + wrap) / (talk + hold + wrap + idle); above 0.85 to 0.9 nobody lasts."""
    return Ratio(busy_us, busy_us + idle_us)


# -- distributions and cohorts ------------------------------------------------------------
def percentile(values: Sequence[int], percent: int) -> int | None:
    """Return the percentile by nearest rank: the value at rank ceil(percent/100 x n)."""
    if not 0 < percent <= 100:  # noqa: PLR2004  # per cent
        raise ValueError(f"a percentile is 1 to 100, not {percent}")
    if not values:
        return None
    rank = -(-len(values) * percent // 100)
    return sorted(values)[rank - 1]


@attrs.frozen
class Spread:
    """Durations in microseconds: their sum and number, and percentiles by nearest rank."""

    mean: Ratio
    p50: int | None
    p90: int | None
    p99: int | None


def spread(values: Sequence[int]) -> Spread:
    """Return mean and percentiles: never the mean alone."""
    p50, p90, p99 = (percentile(values, percent) for percent in (50, 90, 99))
    return Spread(Ratio(sum(values), len(values)), p50, p90, p99)


def completion_rate(tickets: Iterable[tuple[int, int | None]], start_us: int, end_us: int) -> Ratio:
    """Of the tickets due in ``[start, end)``, those done (resolved or closed) before its end.

    Each ticket is (due instant, instant done or None). The cohort goes by the due instant;
    otherwise a backlog hides.
    """
    due = [done for when, done in tickets if start_us <= when < end_us]
    return Ratio(sum(1 for done in due if done is not None and done < end_us), len(due))


def flow_automation(steps: Iterable[tuple[bool, bool]]) -> Ratio:
    """Steps (or contacts) finished with no human action / all.

    Each is (touched by a person, reopened within the window); a reopened one was not automated.
    """
    every = list(steps)
    alone = sum(1 for touched, reopened in every if not touched and not reopened)
    return Ratio(alone, len(every))


def follow_up_rate(done: int, due: int, withdrawn: int) -> Ratio:
    """Follow-ups done / (due and not withdrawn); who could not be reached is counted apart."""
    return Ratio(done, due - withdrawn)
