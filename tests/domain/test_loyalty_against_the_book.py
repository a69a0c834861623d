"""Histories at random: the product and the book, written apart from it, tell the same.

A history is drawn by a seed, for variety; a disagreement is told by the fewest commands that
still show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import loyalty_book_draws as draws
from domain import loyalty_book_pair as pairs
from domain.loyalty_book_draws import Drawer
from domain.loyalty_book_pair import Command, Pair
from domain.loyalty_book_programmes import Body, programme, revised

seeds = st.integers(0, 2**63)
MORE = 2 * settings().max_examples


def played(
    rng: Random, most: int, profiles: Sequence[Mapping[str, int]] = draws.PROFILES
) -> tuple[Pair, list[Command], Body]:
    """Draw a programme and a history, compared after every command."""
    start = draws.start(rng)
    pair, body = Pair(start), programme(rng)
    commands = [Command("publish", start, effective=start, args=body)]
    pair.give(commands[0])
    drawer = Drawer(rng, pair, body, profiles=profiles)
    for _ in range(rng.randint(3, most)):
        commands.append(drawer.next())
        if pairs.compared(pair, commands[-1]):
            raise AssertionError(pairs.smallest(commands))
    return pair, commands, body


@settings(max_examples=MORE)
@given(seed=seeds)
def test_every_command_and_every_picture_past_and_to_come_are_those_of_the_book(seed: int) -> None:
    rng = draws.dice(seed)
    pair, commands, _ = played(rng, 30)
    for at in draws.asked(rng, commands, pair.world.now):
        assert pair.differences(at) == []


@given(seed=seeds)
def test_time_does_what_the_book_says_and_nothing_moves_before_its_deadline(seed: int) -> None:
    pair, _, _ = played(draws.dice(seed), 16)
    for ahead in (0, 1, 40, 400):
        assert pairs.due_differences(pair, pair.world.now + ahead * draws.DAY) == []


@given(seed=seeds)
def test_a_what_if_decides_as_the_book_does_under_the_other_programme(seed: int) -> None:
    rng = draws.dice(seed)
    alone = [one for one in draws.PROFILES if one is not draws.SOCIAL]
    pair, _, body = played(rng, 16, alone)
    assert pairs.what_if_differences(pair, revised(rng, body, last=True)) == []
