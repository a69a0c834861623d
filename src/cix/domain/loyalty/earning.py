"""What an order earns: rules, exclusivity, multipliers, rounding and caps, in whole points.

Amounts are whole minor units, after discounts and after points paid; tax is in them or not as
the caller says. Every line of an award is a whole number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Literal, TypeAlias

import attrs

from cix.domain.loyalty.days import local_day
from cix.domain.loyalty.programme import Programme, Rule
from cix.domain.loyalty.reading import Ratio
from cix.domain.loyalty.values import Award, Item

Rounding: TypeAlias = Literal["down", "half_up", "up"]


@attrs.frozen
class Sum:
    """What an order comes to: its award lines before caps, and growth of rules that say so."""

    lines: tuple[Award, ...]
    growth: int = 0

    @property
    def points(self) -> int:
        """Return the points of all lines."""
        return sum(line.points for line in self.lines)


def matches(rule: Rule, item: Item) -> bool:
    """Tell whether *rule* means *item*; no condition means every item, delivery too."""
    if rule.exclude_delivery and item.delivery:
        return False
    if item.product in rule.excluded_products or set(item.labels) & set(rule.excluded_labels):
        return False
    if rule.products and item.product not in rule.products:
        return False
    return not rule.labels or bool(set(item.labels) & set(rule.labels))


def applies(rule: Rule, items: Sequence[Item], at: datetime, channel: str) -> bool:
    """Tell whether *rule* applied: window, minimum of the whole order, and an item matches."""
    if (rule.starts and at < rule.starts) or (rule.ends and at >= rule.ends):
        return False
    if rule.channels and channel not in rule.channels:
        return False
    if sum(item.amount for item in items) < rule.minimum:
        return False
    return any(matches(rule, item) for item in items)


def applied_rules(
    rules: Sequence[Rule], items: Sequence[Item], at: datetime, channel: str = ""
) -> list[Rule]:
    """Return the rules that are used, in order: after ``last`` and after exclusive ones."""
    found: list[Rule] = []
    for rule in rules:
        if applies(rule, items, at, channel):
            found.append(rule)
            if rule.last:
                break
    exclusive = [r for r in found if r.kind != "multiplier" and not r.stackable]
    if not exclusive:
        return found
    chosen = max(exclusive, key=lambda r: r.priority)
    return [r for r in found if r.kind == "multiplier" or r is chosen]


def order_sum(programme: Programme, items: Sequence[Item], at: datetime, channel: str = "") -> Sum:
    """Return the award lines of an order whose effective instant is *at*."""
    used = applied_rules(programme.rules, items, at, channel)
    factors = [r for r in used if r.kind == "multiplier"]
    lines: list[Award] = []
    growth = 0
    for rule in used:
        if rule.kind == "multiplier":
            continue
        base = _base(rule, items)
        lines.append(Award(rule.name, "spend" if rule.kind == "spend" else "fixed", base))
        growth += base if rule.growth else 0
        if rule.kind == "spend" and factors:
            extra, extra_growth = _multiplied(programme, rule, base, items, factors)
            lines += extra
            growth += extra_growth
    return Sum(tuple(lines), growth)


def _base(rule: Rule, items: Sequence[Item]) -> int:
    matching = [item for item in items if matches(rule, item)]
    if rule.kind == "spend":
        return sum(item.amount for item in matching) * rule.points // rule.per
    limited = rule.products or rule.labels
    return rule.points * len(matching) if limited else rule.points


def _multiplied(
    programme: Programme, rule: Rule, base: int, items: Sequence[Item], factors: Sequence[Rule]
) -> tuple[list[Award], int]:
    """Share the rounded spend line over its items by amount, and multiply each share."""
    matching = [item for item in items if matches(rule, item)]
    total = sum(item.amount for item in matching)
    if not total:
        return [], 0
    lines: list[Award] = []
    growth = 0
    if programme.stacking == "additive":
        for factor in factors:
            part = sum(item.amount for item in matching if matches(factor, item))
            if part:
                exact = Fraction(base * part, total) * (factor.factor.exact - 1)
                line = rounded(exact, programme.rounding)
                lines.append(Award(f"{rule.name} x {factor.name}", "spend", line))
                growth += line if factor.growth else 0
        return lines, growth
    exact, names = Fraction(0), dict[str, bool]()
    for item in matching:
        mine = [f for f in factors if matches(f, item)]
        if mine:
            names |= {f.name: f.growth for f in mine}
            share = Fraction(base * item.amount, total)
            exact += share * (_factor(mine, programme.stacking) - 1)
    if names:
        line = rounded(exact, programme.rounding)
        lines.append(Award(f"{rule.name} x {' x '.join(names)}", "spend", line))
        growth += line if any(names.values()) else 0
    return lines, growth


def _factor(rules: Sequence[Rule], stacking: str) -> Fraction:
    if stacking == "highest":
        return max(rule.factor.exact for rule in rules)
    product = Fraction(1)
    for rule in rules:
        product *= rule.factor.exact
    return product


def rounded(value: Fraction, how: Rounding) -> int:
    """Round a line; one below zero rounds by its size."""
    top, bottom = abs(value.numerator), value.denominator
    wholes = {
        "down": top // bottom,
        "half_up": (2 * top + bottom) // (2 * bottom),
        "up": -(-top // bottom),
    }
    whole = wholes[how]
    return whole if value >= 0 else -whole


def purchase_lines(programme: Programme, amount: int, multiplier: Ratio) -> tuple[Award, ...]:
    """Return the spend line of a purchase and the bonus line of the tier held before it."""
    spend = programme.earn_rate.floor_of(amount)
    bonus = spend * (multiplier.num - multiplier.den) // multiplier.den
    base = (Award("purchase", "spend", spend),)
    return (*base, Award("tier bonus", "spend", bonus)) if bonus else base


# -- caps ------------------------------------------------------------------------
def room(
    programme: Programme,
    earnings: Iterable[tuple[datetime, int]],
    balance: int,
    at: datetime,
    *,
    is_order: bool,
) -> int | None:
    """Return how many points the caps leave for an earning effective *at*; None: no cap.

    The caps are per order, per local day and local month of the effective instant, and on the
    *balance* (pending and held points count, debt is subtracted). Later claw-back gives no room
    back, so *earnings* are the points once granted.
    """
    caps, zone = programme.caps, programme.zone
    found: list[int] = []
    if caps.order is not None and is_order:
        found.append(caps.order)
    if caps.balance is not None:
        found.append(caps.balance - balance)
    if caps.day is not None or caps.month is not None:
        today = local_day(at, zone)
        days = [(local_day(when, zone), points) for when, points in earnings]
        if caps.day is not None:
            found.append(caps.day - sum(p for d, p in days if d == today))
        if caps.month is not None:
            month = (today.year, today.month)
            found.append(caps.month - sum(p for d, p in days if (d.year, d.month) == month))
    return max(0, min(found)) if found else None


def cut(lines: Sequence[Award], most: int | None) -> tuple[Award, ...]:
    """Cut *lines* from the end until they come to at most *most*, and never below zero."""
    points = sum(line.points for line in lines)
    over = 0 if most is None else max(0, points - most)
    if not over and points >= 0:
        return tuple(lines)
    short = max(0, -points)
    kept: list[Award] = []
    for line in reversed(lines):
        n = min(over, max(0, line.points))
        over -= n
        up = min(short, max(0, -line.points))
        short -= up
        kept.append(Award(line.rule, line.kind, line.points - n + up))
    return tuple(reversed(kept))
