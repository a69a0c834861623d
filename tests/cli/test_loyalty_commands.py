"""``cix whatif loyalty``, ``cix loyalty``, ``cix explain membership``: points from the shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.calling import cix, lines

OLD = """\
earn_rate = "1/100"
growth_rate = "1/100"
point_value = "1/2"
breakage = "1/10"
expiry = { kind = "months", n = 2 }

[[tiers]]
name = "base"
at = 0

[[tiers]]
name = "gold"
at = 100
"""
NEW = OLD.replace('"1/100"', '"1/50"', 1).replace("at = 100", "at = 150")
NOON = ("--as-of", "2024-03-05T12:00Z")


def did(word: str, key: str, day: int, request: str, **args: object) -> dict[str, object]:
    when = f"2024-03-{day:02}T10:00Z"
    return {
        "do": f"loyalty.{word}", "key": key, "id": request, "args": args,
        "occurred_at": when, "recorded_at": when, "actor": "till",
    }  # fmt: skip


TOLD = [
    did("purchase", "m-1", 1, "buy-1", amount=10_000, order="o-1"),
    did("purchase", "m-2", 1, "buy-2", amount=5_000),
    did("redeem", "m-1", 2, "spend", points=30),
    did("hold", "m-1", 2, "hold", points=10),
    did("gift", "m-1", 3, "gift", to="m-2", points=20),
    did("redeem", "m-2", 4, "spend-2", points=60),
    did("earn", "m-3", 5, "free", points=40, pending=40),
]


@pytest.fixture(autouse=True)
def history(folder: Path) -> None:
    (folder / "old.toml").write_text(OLD, "utf-8")
    (folder / "new.toml").write_text(NEW, "utf-8")
    publish = {
        "do": "policy.publish", "key": "loyalty", "id": "v1",
        "occurred_at": "2024-01-01T00:00Z", "recorded_at": "2024-01-01T00:00Z",
        "args": {"version": "v1", "body": {
            "earn_rate": "1/100", "growth_rate": "1/100",
            "point_value": "1/2", "breakage": "1/10",
            "expiry": {"kind": "months", "n": 2},
            "tiers": [{"name": "base", "at": 0}, {"name": "gold", "at": 100}],
        }},
    }  # fmt: skip
    done = cix("apply", lines(folder / "told.jsonl", publish, *TOLD), "--import")
    assert (done.code, done.err) == (0, done.err)


# -- what-if -----------------------------------------------------------------------
def test_another_programme_shows_who_moves_and_what_it_costs() -> None:
    done = cix("whatif", "loyalty", "--policy", "new.toml", *NOON)
    assert done.code == 1
    assert "gold    base    " in done.out
    assert "m-1      gold         base" in done.out
    assert "3 members decided again, 2 would have other points or another tier" in done.err


def test_what_if_is_a_document_for_programs_and_writes_nothing() -> None:
    before = cix("export", "jsonl").out
    found = cix("whatif", "loyalty", "--policy", "new.toml", *NOON, "--json").json
    assert found["tiers"] == [
        {"before": "base", "after": "base", "members": 2},
        {"before": "gold", "after": "base", "members": 1},
    ]
    assert [(one["account"], one["points_moved"]) for one in found["moved"]] == [
        ("m-1", 100),
        ("m-2", 50),
    ]
    assert found["liability_before"]["points"] == 50 + 10 + 40
    assert found["liability_after"]["points"] == 150 + 60 + 40
    assert found["refused"] == {}
    assert cix("export", "jsonl").out == before


def test_what_the_other_programme_refuses_is_counted(folder: Path) -> None:
    (folder / "mean.toml").write_text(OLD.replace('"1/100"', '"1/1000"', 1), "utf-8")
    done = cix("whatif", "loyalty", "--policy", "mean.toml", *NOON)
    assert "insufficient_points" in done.err


def test_the_same_programme_moves_nobody() -> None:
    done = cix("whatif", "loyalty", "--policy", "old.toml", *NOON)
    assert done.code == 0
    assert "0 would have other points" in done.err


def test_a_programme_that_cannot_be_meant_names_its_line(folder: Path) -> None:
    (folder / "bad.toml").write_text(OLD.replace('"1/10"', '"ten"'), "utf-8")
    done = cix("whatif", "loyalty", "--policy", "bad.toml")
    assert done.code == 2
    assert "line 4" in done.err


# -- liability ---------------------------------------------------------------------
def test_what_is_outstanding_stands_in_the_month_of_its_last_day() -> None:
    found = cix("loyalty", "liability", *NOON, "--json").json
    assert found["months"] == [
        {"month": "2024-05", "points": 60, "worth": 27},
        {"month": "2024-06", "points": 40, "worth": 18},
    ]
    assert (found["points"], found["debt"], found["worth"]) == (100, 0, 45)
    assert (found["programme"], found["point_value"], found["breakage"]) == ("v1", "1/2", "1/10")


def test_the_liability_as_of_an_earlier_day_is_what_it_was() -> None:
    done = cix("loyalty", "liability", "--as-of", "2024-03-01T12:00Z")
    assert done.code == 0
    assert "total       150     68" in done.out
    assert cix("loyalty", "liability", "--as-of", "2023-01-01T00:00Z", "--json").json["points"] == 0


def test_revenue_follows_the_points_redeemed_in_each_period() -> None:
    ends = ("2024-03-01T12:00Z", "2024-03-05T12:00Z")
    args = [part for end in ends for part in ("--period-end", end)]
    first, second = cix("loyalty", "liability", *args, "--json").json
    assert (first["revenue"], first["redeemed"], first["sales"]) == (0, 0, 15_000)
    assert (second["redeemed"], second["revenue"], second["liability"]) == (90, 45, 22)
    assert (second["allocated"], second["expected"]) == (67, 135)
    assert first["goods"] + second["goods"] == 15_000 - 45 - 22


@pytest.mark.parametrize("when", [("--as-of", "2024-03-02T12:00Z"), ("--known-at", "2")])
def test_figures_of_periods_are_those_of_their_ends_and_take_no_other_time(
    when: tuple[str, str],
) -> None:
    done = cix("loyalty", "liability", "--period-end", "2024-03-01T12:00Z", *when)
    assert done.code == 2
    assert "--as-of or --known-at too" in done.err


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("twice.json", '{"pending": 1, "pending": 2}', "'pending' is given twice"),
        ("deep.json", '{"a":' * 200_000, "nested too deeply"),
        ("deep.toml", "a = " + "[" * 200_000, "nested too deeply"),
    ],
)
def test_a_file_that_cannot_be_meant_says_why(
    folder: Path, name: str, text: str, said: str
) -> None:
    (folder / name).write_text(text)
    done = cix("whatif", "loyalty", "--policy", name)
    assert done.code not in {0, 1, 70}
    assert said in done.err


def test_a_mark_of_byte_order_is_no_part_of_a_policy(folder: Path) -> None:
    (folder / "marked.toml").write_text("\ufeff" + (folder / "new.toml").read_text())
    plain = cix("whatif", "loyalty", "--policy", "new.toml", *NOON)
    assert cix("whatif", "loyalty", "--policy", "marked.toml", *NOON).out == plain.out


# -- why ---------------------------------------------------------------------------
def test_a_tier_is_explained_by_the_purchase_that_reached_it() -> None:
    done = cix("explain", "membership", "m-1", "tier", *NOON)
    assert done.code == 0
    assert "membership.m-1.tier = gold" in done.out
    assert "points.earned" in done.out
    assert "policy loyalty: version v1 in force" in done.out


def test_a_lot_tells_where_its_points_came_from_and_where_they_went() -> None:
    (lot,) = cix("explain", "membership", "m-1", "points", "--lot", "buy-1", *NOON, "--json").json
    assert (lot["granted"], lot["left"], lot["programme"]) == (100, 40, "v1")
    (came,) = lot["came_from"]
    assert (came["fact"], came["order"], came["actor"]) == ("points.earned", "o-1", "till")
    assert came["rules"] == [{"rule": "purchase", "kind": "spend", "points": 100}]
    assert [(one["target"], one["points"], one["to"]) for one in lot["went_to"]] == [
        ("redeemed", 30, None),
        ("held", 10, None),
        ("gifts", 20, "m-2"),
    ]


def test_a_gift_is_followed_into_the_account_it_came_from() -> None:
    done = cix("explain", "membership", "m-2", "points", "--lot", "gift", *NOON)
    assert done.code == 0
    came, went = done.out.split("went to")
    assert "points.given" in came
    assert "m-1      buy-1" in came
    assert "redeemed" in went


def test_what_time_took_is_told_as_time() -> None:
    later = ("--as-of", "2024-09-01T00:00Z")
    done = cix("explain", "membership", "m-1", "points", "--lot", "buy-1", *later)
    assert "2024-05-02T00:00:00Z" in done.out
    assert "(time)" in done.out


def test_without_a_lot_every_lot_has_a_line() -> None:
    done = cix("explain", "membership", "m-2", "points", *NOON)
    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()[2:]] == ["buy-2", "gift"]
    assert "--lot KEY tells" in done.err


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("m-1", "points", "--lot", "nope"), 1, "lot_not_found"),
        (("nobody", "points"), 1, "has no points"),
        (("m-1", "tier", "--lot", "buy-1"), 2, "--lot goes with"),
    ],
    ids=["no such lot", "no such account", "no such path"],
)
def test_what_cannot_be_explained_is_said(args: tuple[str, ...], code: int, says: str) -> None:
    done = cix("explain", "membership", *args)
    assert done.code == code
    assert says in done.err


# -- versions ----------------------------------------------------------------------
def test_a_version_that_removes_a_tier_is_refused_with_its_line_and_what_is_missing(
    folder: Path,
) -> None:
    (folder / "less.toml").write_text(OLD.partition('[[tiers]]\nname = "gold"')[0], "utf-8")
    done = cix("policy", "publish", "loyalty", "v2", "less.toml")
    assert done.code == 2
    assert "line 7, tiers: it lacks 1 of 2 tiers (gold) of version v1" in done.err
    assert "rename or append tiers, but remove none" in done.err


# -- a member's points line by line ----------------------------------------------------
def test_a_statement_has_every_line_with_its_running_balance() -> None:
    lines = cix("loyalty", "statement", "m-1", *NOON, "--json").json
    assert sum(line["points"] for line in lines) == 0
    available = [line for line in lines if line["purse"] == "available"]
    assert [(line["points"], line["balance"]) for line in available] == [
        (100, 100),
        (-30, 70),
        (-10, 60),
        (-20, 40),
    ]
    assert [line["ref"] for line in available] == ["buy-1", "spend", "hold", "gift"]


def test_a_statement_tells_what_time_moved_at_its_own_instant() -> None:
    lines = cix("loyalty", "statement", "m-1", "--as-of", "2024-06-01T00:00Z", "--json").json
    *_, out, into = lines
    assert (out["purse"], into["purse"], into["points"]) == ("available", "expired", 40)
    assert out["balance"] == 0
    assert into["at"] == "2024-05-02T00:00:00Z"


def test_a_statement_of_nobody_is_empty() -> None:
    done = cix("loyalty", "statement", "nobody", "--json")
    assert (done.code, done.json) == (1, [])
    assert cix("loyalty", "statement", "m-1", "--as-of", "2023-01-01T00:00Z").code == 1
