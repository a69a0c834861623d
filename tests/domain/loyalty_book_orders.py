"""The order sum by the book: the award lines of an order, one naive step a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import ceil, floor
from typing import Any

Rule = Mapping[str, Any]
Item = tuple[str, int, tuple[str, ...], bool]
"""Product, amount, labels, whether it is the delivery."""


def matches(rule: Rule, item: Item) -> bool:
    """Tell whether every condition the rule names holds of the item."""
    product, _, labels, delivery = item
    if "products" in rule and product not in rule["products"]:
        return False
    if product in rule.get("excluded_products", ()):
        return False
    if "labels" in rule and not set(labels) & set(rule["labels"]):
        return False
    if set(labels) & set(rule.get("excluded_labels", ())):
        return False
    return not (delivery and rule.get("exclude_delivery", False))


def matching(rule: Rule, items: Sequence[Item]) -> list[Item]:
    """Return the items a rule acts on."""
    return [item for item in items if matches(rule, item)]


def applies(rule: Rule, items: Sequence[Item], at: datetime, channel: str) -> bool:
    """Tell whether window, channel and minimum hold, and an item matches."""
    if "starts" in rule and at < rule["starts"]:
        return False
    if "ends" in rule and at >= rule["ends"]:
        return False
    if "channels" in rule and channel not in rule["channels"]:
        return False
    if sum(item[1] for item in items) < rule.get("minimum", 0):
        return False
    return bool(matching(rule, items))


def applied(
    body: Mapping[str, Any], items: Sequence[Item], at: datetime, channel: str
) -> list[Rule]:
    """Return the rules that apply, after ``last`` and the exclusive one."""
    rules: list[Rule] = []
    for rule in body.get("rules", ()):
        if applies(rule, items, at, channel):
            rules.append(rule)
            if rule.get("last", False):
                break
    base = [rule for rule in rules if rule.get("kind", "spend") != "multiplier"]
    alone = [rule for rule in base if not rule.get("stackable", True)]
    if alone:
        highest = max(rule.get("priority", 0) for rule in alone)
        only = next(rule for rule in alone if rule.get("priority", 0) == highest)
        base = [only]
    return [rule for rule in rules if rule.get("kind", "spend") == "multiplier" or rule in base]


def rounded(value: Fraction, how: str) -> int:
    """Round a multiplier line, one below zero by its size."""
    size = abs(value)
    whole = {"down": floor(size), "up": ceil(size), "half_up": floor(size + Fraction(1, 2))}[how]
    return whole if value > 0 else -whole


def lines(
    body: Mapping[str, Any], items: Sequence[Item], at: datetime, channel: str
) -> list[tuple[str, int, bool]]:
    """Return (kind, points, whether they are growth too) of every line that is not empty."""
    rules = applied(body, items, at, channel)
    factors = [rule for rule in rules if rule.get("kind", "spend") == "multiplier"]
    found: list[tuple[str, int, bool]] = []
    for rule in rules:
        growth, mine = rule.get("growth", False), matching(rule, items)
        if rule.get("kind", "spend") == "fixed":
            each = len(mine) if "products" in rule or "labels" in rule else 1
            found.append(("fixed", rule["points"] * each, growth))
        if rule.get("kind", "spend") == "spend":
            amount = sum(item[1] for item in mine)
            base = floor(Fraction(amount * rule["points"], rule.get("per", 100)))
            found.append(("spend", base, growth))
            how = body.get("rounding", "down")
            for value, also in shares(body, factors, mine, base):
                found.append(("spend", rounded(value, how), also))
    return [line for line in found if line[1]]


def shares(
    body: Mapping[str, Any], factors: Sequence[Rule], mine: list[Item], base: int
) -> list[tuple[Fraction, bool]]:
    """Return what multipliers add to a spend line, shared over its items by amount.

    One line of several multipliers is growth when one of them says so.
    """
    amount = sum(item[1] for item in mine)
    if not amount or not factors:
        return []
    if body.get("stacking", "additive") == "additive":
        return [
            (
                base
                * Fraction(sum(i[1] for i in mine if matches(factor, i)), amount)
                * (Fraction(*factor["factor"]) - 1),
                factor.get("growth", False),
            )
            for factor in factors
        ]
    total, also = Fraction(0), False
    for item in mine:
        used = [factor for factor in factors if matches(factor, item)]
        rates = [Fraction(*factor["factor"]) for factor in used]
        also = also or any(factor.get("growth", False) for factor in used)
        if not rates:
            continue
        rate = max(rates)
        if body["stacking"] == "multiplicative":
            rate = Fraction(1)
            for one in rates:
                rate *= one
        total += base * Fraction(item[1], amount) * (rate - 1)
    return [(total, also)]
