"""How many agents a queue needs: Erlang C (nobody gives up) and Erlang A (people give up).

Arrivals are a Poisson stream, handling and patience are exponential. Load is in Erlang: arrivals
per unit of time x average handle time. Times are in any one unit; shares are 0 to 1.
"""

from __future__ import annotations

from math import exp, lgamma, log, log1p
from typing import Final

import attrs

_TINY: Final = 1e-300
_CLOSE: Final = 1e-16
_MOST_AGENTS: Final = 100_000


@attrs.frozen
class Queue:
    """What Erlang C says of a queue. Without a steady state waiting has no mean: None."""

    waits: float
    """Probability that a contact waits."""
    service_level: float
    """Share answered within the time asked."""
    speed_of_answer: float | None
    """Mean wait over all contacts."""
    occupancy: float | None


def erlang_c(load: float, agents: int, handle: float, within: float) -> Queue:
    """Return the queue of *load* Erlang at *agents* agents.

    B(0) = 1, B(n) = A B(n-1) / (n + A B(n-1)); C = B(m) / (1 - (A/m)(1 - B(m)));
    SL = 1 - C exp(-(m-A) t / AHT); ASA = C AHT / (m-A). With A >= m the queue grows for ever.
    Raises ``ValueError`` for fewer than one agent or a negative load or time.
    """
    _check(load, agents, handle, within)
    if load >= agents:
        return Queue(1.0, 0.0, None, None)
    if load == 0:
        return Queue(0.0, 1.0, 0.0, 0.0)
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    waits = blocked / (1 - load / agents * (1 - blocked))
    free = agents - load
    level = 1 - waits * exp(-free * within / handle)
    return Queue(waits, level, waits * handle / free, load / agents)


def agents_needed(load: float, handle: float, within: float, goal: float) -> int:
    """Return the fewest agents with a service level of at least *goal* (0 up to, not 1)."""
    if not 0 <= goal < 1:
        raise ValueError(f"a service level is 0 up to 1, not {goal}")
    for agents in range(max(1, int(load)), _MOST_AGENTS):
        if erlang_c(load, agents, handle, within).service_level >= goal:
            return agents
    raise ValueError(f"{load} Erlang are beyond this formula")


@attrs.frozen
class ImpatientQueue:
    """What Erlang A says of a queue in which people give up."""

    waits: float
    abandons: float
    service_level: float
    """Answered within the time asked, of all that came."""


def erlang_a(
    load: float, agents: int, handle: float, within: float, patience: float
) -> ImpatientQueue:
    """Return the queue of *load* Erlang at *agents* agents with a mean *patience*.

    p(k) grows from p(k-1) by A/k up to m, by A / (m + (k-m) AHT/q) beyond; P(wait) is the sum of
    p(k) from m on; abandon = (AHT/q) x sum of (k-m) p(k) / A; with c = m q / AHT the service level
    is the sum of p(k) below m plus, over j >= 0, p(m+j) c/(c+j+1) I(1 - exp(-t/q); j+1, c+1).
    """
    _check(load, agents, handle, within)
    if patience <= 0:
        raise ValueError(f"patience is a positive time, not {patience}")
    if load == 0:
        return ImpatientQueue(0.0, 0.0, 1.0)
    shares = _shares(load, agents, handle / patience)
    behind = shares[agents:]
    abandons = handle / patience * sum(j * p for j, p in enumerate(behind)) / load
    c, x = agents * patience / handle, -_expm1(-within / patience)
    answered = sum(
        p * c / (c + j + 1) * incomplete_beta(x, j + 1, c + 1) for j, p in enumerate(behind)
    )
    return ImpatientQueue(sum(behind), abandons, sum(shares[:agents]) + answered)


def _expm1(x: float) -> float:
    return exp(x) - 1


def _shares(load: float, agents: int, impatience: float) -> list[float]:
    """Return the probabilities of k contacts in the system, until they no longer matter."""
    logs = [0.0]
    k = 0
    while True:
        k += 1
        leave = k if k <= agents else agents + (k - agents) * impatience
        logs.append(logs[-1] + log(load / leave))
        if k > agents and leave > load and logs[-1] < max(logs[agents], 0.0) + log(_CLOSE) * 2:
            break
    top = max(logs)
    weights = [exp(one - top) for one in logs]
    total = sum(weights)
    return [one / total for one in weights]


def _check(load: float, agents: int, handle: float, within: float) -> None:
    if agents < 1 or load < 0 or handle <= 0 or within < 0:
        raise ValueError(f"no queue of {load} Erlang, {agents} agents, {handle}, {within}")


# -- the regularised incomplete beta function ---------------------------------------------
def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return I(x; a, b) by its continued fraction (Abramowitz and Stegun 26.5.8)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction by Lentz's method."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d, c = 1 / _apart(1 + even * d), _apart(1 + even / c)
        found *= d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d, c = 1 / _apart(1 + odd * d), _apart(1 + odd / c)
        step = d * c
        found *= step
        if abs(step - 1) < _CLOSE * 10:
            break
    return found


def _apart(value: float) -> float:
    """Keep a denominator away from zero."""
    return value if abs(value) > _TINY else _TINY
