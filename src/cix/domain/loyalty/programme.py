"""The loyalty programme: one published version of every rule of earning, spending and tiers.

A programme is a policy of kind ``loyalty``; ``read`` turns its plain body (TOML, JSON, Python)
into this value or refuses it naming the path. Amounts of money are whole minor units, points
whole numbers, rates ratios of integers. Every setting has a default; before any version is
published the defaults are in force.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias

import attrs

from cix.domain.loyalty.days import RoundTo, zone_of
from cix.domain.loyalty.reading import KIND, Ratio, read_value, wrong
from cix.domain.policy import Lost, read_by, succession
from cix.errors import InvalidPolicyError
from cix.plain import shown, to_plain

Window: TypeAlias = Literal["rolling", "calendar_year", "membership_year", "lifetime"]
Activity: TypeAlias = Literal["earn", "redeem", "purchase"]
Pending: TypeAlias = int | Literal["action"]
Benefit: TypeAlias = bool | int | str

ONE: Final = Ratio()
_PERCENT: Final = Ratio(1, 100)
_NONE: Final = Ratio(0)
_MAX: Final = 2**63 - 1
_MOST_MONTHS: Final = 12 * 200
_MOST_DAYS: Final = 366 * 200
_AT: Final = attrgetter("at")


@attrs.frozen
class Expiry:
    """How long a lot is valid; the rule in force at granting is frozen into the lot.

    ``days`` and ``months`` count ``n`` local days or months from the local day of the ``base``
    (the unlock or the earning), ``date`` ends after ``last_day``, ``inactivity`` after ``n``
    months without activity of the account. ``round_to`` moves the last valid day up to the last
    day of its month, quarter, half year or year.
    """

    kind: Literal["never", "days", "months", "date", "inactivity"] = "never"
    n: int = 0
    last_day: date | None = None
    base: Literal["unlock", "earning"] = "unlock"
    round_to: RoundTo = "day"


@attrs.frozen
class Rule:
    """One earning rule of an order sum.

    ``spend``: floor(sum of matching amounts x ``points`` / ``per``). ``fixed``: ``points`` once
    per order, or once per matching item line when limited to products or labels. ``multiplier``:
    ``factor`` on the spend lines. It applies to orders whose effective instant lies in
    [``starts``, ``ends``) and whose total over all items is at least ``minimum``.
    """

    name: str
    kind: Literal["spend", "fixed", "multiplier"] = "spend"
    points: int = 0
    per: int = 100
    factor: Ratio = ONE
    products: tuple[str, ...] = ()
    excluded_products: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    excluded_labels: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    exclude_delivery: bool = False
    starts: datetime | None = None
    ends: datetime | None = None
    minimum: int = 0
    last: bool = False
    stackable: bool = True
    priority: int = 0
    growth: bool = False
    """True when the points of this rule count as growth too."""


@attrs.frozen
class Caps:
    """The most that earnings may grant; None means no cap. The strictest wins."""

    order: int | None = None
    day: int | None = None
    month: int | None = None
    balance: int | None = None


@attrs.frozen
class Checkout:
    """How points pay at checkout: at most ``percent`` of the order, in steps of a value."""

    percent: int = 100
    step: int = 1
    value: int = 1
    minimum: int = 0


@attrs.frozen
class Tier:
    """One rung: reached at ``at`` growth, kept with ``keep`` (``at`` unless stated)."""

    name: str
    at: int
    keep: int | None = None
    name_zh: str = ""
    multiplier: Ratio = ONE
    benefits: Mapping[str, Benefit] = attrs.field(factory=dict[str, Benefit])

    @property
    def bar(self) -> int:
        """Return the growth that keeps the tier."""
        return self.at if self.keep is None else self.keep


@attrs.frozen
class Referral:
    """What an invitation is worth; None for ``cap`` means no cap per local month."""

    referrer_points: int = 500
    friend_points: int = 250
    minimum: int = 2500
    window_days: int = 180
    return_days: int = 0
    cap: int | None = None
    every_purchase: bool = False


_NAMES: Final = (
    ("bronze", "青铜", 0),
    ("silver", "白银", 500),
    ("gold", "黄金", 2_000),
    ("platinum", "铂金", 5_000),
    ("diamond", "钻石", 10_000),
    ("star", "星耀", 20_000),
    ("master", "大师", 50_000),
    ("grandmaster", "宗师", 100_000),
    ("king", "王者", 200_000),
)
DEFAULT_TIERS: Final = tuple(Tier(name, at, name_zh=zh) for name, zh, at in _NAMES)


@attrs.frozen
class HoldWhen:
    """From which counts on points have to be held first, not redeemed at once; None: never.

    ``redemptions_per_hour`` counts redemptions and captures of points in the hour up to now,
    ``gifts_per_day`` gifts received in the 24 hours up to now, ``returns_per_order`` how often
    goods of any one order came back. 0 asks for a hold every time.
    """

    redemptions_per_hour: int | None = None
    gifts_per_day: int | None = None
    returns_per_order: int | None = None


@attrs.frozen
class Programme:
    """One version of the programme; see the fields of the parts for units."""

    zone: str = "UTC"
    enrolment: Literal["open", "required"] = "open"
    pending: Pending = 0
    """Days (exactly n x 24 h) before earned points can be spent, or ``action``."""
    expiry: Expiry = Expiry()
    activity: tuple[Activity, ...] = ("earn", "redeem")
    earn_rate: Ratio = _PERCENT
    growth_rate: Ratio = _PERCENT
    rules: tuple[Rule, ...] = ()
    stacking: Literal["additive", "multiplicative", "highest"] = "additive"
    rounding: Literal["down", "half_up", "up"] = "down"
    caps: Caps = Caps()
    clawback: Literal["debt", "clamp"] = "debt"
    debt_limit: int | None = None
    adjustment_debt_limit: int | None = None
    refund_fixed_lines: Literal["keep", "proportional"] = "keep"
    restore_grace_days: int = 0
    checkout: Checkout = Checkout()
    hold_when: HoldWhen = HoldWhen()
    tiers: tuple[Tier, ...] = DEFAULT_TIERS
    window: Window = "rolling"
    window_months: int = 12
    term_months: int = 12
    extension_months: int = 0
    downgrade: Literal["one_down", "to_qualified", "to_base"] = "one_down"
    grace_days: int = 0
    referral: Referral = Referral()
    birthday_points: int = 0
    point_value: Ratio = ONE
    """Minor units of money that one point is worth."""
    breakage: Ratio = _NONE
    """Share of the points that is expected never to be redeemed."""

    def tier(self, position: int) -> Tier:
        """Return the tier at *position*; the top one when the ladder is shorter."""
        return self.tiers[min(position, len(self.tiers) - 1)]

    def position(self, name: str) -> int | None:
        """Return the position of the tier *name* (English or Chinese), None when unknown."""
        found = (n for n, t in enumerate(self.tiers) if name in {t.name, t.name_zh})
        return next(found, None) if name else None

    def reached(self, growth: int) -> int:
        """Return the position of the highest tier whose bar is at most *growth*."""
        return max(0, bisect_right(self.tiers, growth, key=_AT) - 1)

    def plain(self) -> dict[str, Any]:
        """Return the programme as plain data; ``read`` takes it back unchanged."""
        found: dict[str, Any] = to_plain(self)
        return found


def _at_least(least: int, most: int, *found: tuple[str, int | None]) -> None:
    for path, value in found:
        if value is not None and not least <= value <= most:
            wrong(path, f"{shown(value)} is out of range", f"{least} to {most}")


def _check_ladder(tiers: tuple[Tier, ...]) -> None:
    if not tiers:
        wrong("tiers", "there is no tier", "the first has the bar 0")
    if tiers[0].at != 0:
        wrong("tiers[0].at", f"the first bar is {shown(tiers[0].at)}", "it must be 0")
    names: set[str] = set()
    for n, tier in enumerate(tiers):
        path = f"tiers[{n}]"
        _at_least(0, _MAX, (f"{path}.at", tier.at))
        if n and tier.at <= tiers[n - 1].at:
            wrong(f"{path}.at", f"{tier.at} is not above {tiers[n - 1].at}", "bars rise")
        _at_least(0, tier.at, (f"{path}.keep", tier.keep))
        if not tier.name or tier.name in names:
            wrong(f"{path}.name", f"{tier.name!r} is empty or taken", "each tier has its own")
        if tier.name_zh in names:
            wrong(f"{path}.name_zh", f"{tier.name_zh!r} is taken", "each tier has its own")
        if tier.multiplier.num < tier.multiplier.den:
            wrong(f"{path}.multiplier", "is below 1", "a tier adds, it never takes")
        numbers = {k: v for k, v in tier.benefits.items() if isinstance(v, int)}
        _at_least(-_MAX, _MAX, *((f"{path}.benefits.{k}", v) for k, v in numbers.items()))
        names |= {tier.name, tier.name_zh} - {""}


def _check_expiry(expiry: Expiry) -> None:
    most = _MOST_DAYS if expiry.kind == "days" else _MOST_MONTHS
    _at_least(0, most, ("expiry.n", expiry.n))
    if (expiry.kind == "date") != (expiry.last_day is not None):
        wrong("expiry.last_day", 'belongs to the kind "date", and only there')
    if expiry.kind == "inactivity" and expiry.n < 1:
        wrong("expiry.n", "inactivity needs at least one month")


def _check_rules(rules: tuple[Rule, ...]) -> None:
    names: set[str] = set()
    for n, rule in enumerate(rules):
        path = f"rules[{n}]"
        if rule.name in names:
            wrong(f"{path}.name", f"{rule.name!r} is taken")
        names.add(rule.name)
        _at_least(0, _MAX, (f"{path}.points", rule.points), (f"{path}.minimum", rule.minimum))
        _at_least(1, _MAX, (f"{path}.per", rule.per))
        if rule.starts and rule.ends and rule.starts >= rule.ends:
            wrong(f"{path}.ends", "is not after starts")


def _check(p: Programme) -> None:
    try:
        zone_of(p.zone)
    except InvalidPolicyError as error:
        wrong("zone", error.problem, error.hint)
    if type(p.pending) is int:
        _at_least(0, _MOST_DAYS, ("pending", p.pending))
    _check_expiry(p.expiry)
    _check_rules(p.rules)
    _check_ladder(p.tiers)
    for table in ("caps", "hold_when"):
        found = attrs.asdict(getattr(p, table))
        _at_least(0, _MAX, *((f"{table}.{name}", found[name]) for name in found))
    _at_least(
        0,
        _MAX,
        ("debt_limit", p.debt_limit),
        ("adjustment_debt_limit", p.adjustment_debt_limit),
        ("birthday_points", p.birthday_points),
        ("referral.referrer_points", p.referral.referrer_points),
        ("referral.friend_points", p.referral.friend_points),
        ("referral.minimum", p.referral.minimum),
        ("referral.cap", p.referral.cap),
        ("checkout.minimum", p.checkout.minimum),
    )
    _at_least(
        0,
        _MOST_DAYS,
        ("restore_grace_days", p.restore_grace_days),
        ("grace_days", p.grace_days),
        ("referral.window_days", p.referral.window_days),
        ("referral.return_days", p.referral.return_days),
    )
    _at_least(0, 100, ("checkout.percent", p.checkout.percent))
    _at_least(0, _MOST_MONTHS, ("extension_months", p.extension_months))
    _at_least(1, _MOST_MONTHS, ("window_months", p.window_months), ("term_months", p.term_months))
    if p.breakage.num > p.breakage.den:
        wrong("breakage", "is above 1")


DEFAULT: Final = Programme()


@read_by(KIND)
def read(body: Mapping[str, Any]) -> Programme:
    """Read a programme from plain data; ``InvalidPolicyError`` names the path that is wrong."""
    programme: Programme = read_value(Programme, body, "")
    _check(programme)
    return programme


@succession(KIND)
def removed_tiers(earlier: Programme, later: Programme) -> Lost | None:
    """Tell which tiers *later* has no place for: a tier is its position on the ladder."""
    missing = len(earlier.tiers) - len(later.tiers)
    if missing <= 0:
        return None
    left = {tier.name for tier in later.tiers}
    gone = [tier.name for tier in earlier.tiers if tier.name not in left]
    names = ", ".join(gone or [tier.name for tier in earlier.tiers[-missing:]])
    what = f"{missing} of {len(earlier.tiers)} tiers ({names})"
    return Lost("tiers", what, "rename or append tiers, but remove none")
