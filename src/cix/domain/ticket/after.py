"""Decisions on steps of the site's own and on what comes after a resolution."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from cix.domain.decider import BY_RULE
from cix.domain.ticket.facts import (
    CallbackDone,
    Event,
    FollowUpDone,
    MilestoneReached,
    SurveyAnswered,
    SurveyRequested,
)
from cix.domain.ticket.life import DONE
from cix.domain.ticket.room import DECIDER
from cix.domain.ticket.rules import known, refusal, workable
from cix.domain.ticket.state import Ticket

Survey: TypeAlias = Literal["csat", "nps", "ces"]
SCALES: Final[Mapping[str, tuple[int, int]]] = {"csat": (1, 5), "nps": (0, 10), "ces": (1, 7)}
"""Lowest and highest score: satisfaction, recommendation (Net Promoter), customer effort 2.0."""


@DECIDER.decision
def reach(
    ticket: Ticket, at: datetime, *, name: str, agent: str | None = None
) -> tuple[Event, ...]:
    """Record a step that the site names itself. Each one counts: a phone may ring twice."""
    known(ticket)
    return (MilestoneReached(name, agent),)


@DECIDER.decision
def call_back(
    ticket: Ticket, at: datetime, *, agent: str | None = None, reached: bool = True
) -> tuple[Event, ...]:
    """Record a call to the customer. Each one counts. Refused: ``ticket_closed``."""
    workable(ticket)
    return (CallbackDone(agent, reached),)


@DECIDER.decision
def follow_up(
    ticket: Ticket, at: datetime, *, agent: str | None = None, outcome: str | None = None
) -> tuple[Event, ...]:
    """Record that somebody asked whether all is well. Refused: ``not_resolved``."""
    _resolved(ticket)
    return () if ticket.followed_up else (FollowUpDone(agent, outcome),)


@DECIDER.decision
def request_survey(ticket: Ticket, at: datetime, *, survey: Survey = "csat") -> tuple[Event, ...]:
    """Ask the customer for a score, once a survey. Refused: ``not_resolved``."""
    _resolved(ticket)
    return () if survey in ticket.surveys else (SurveyRequested(survey),)


@DECIDER.decision
def answer_survey(
    ticket: Ticket,
    at: datetime,
    *,
    score: Annotated[int, BY_RULE],
    survey: Survey = "csat",
    comment: str | None = None,
) -> tuple[Event, ...]:
    """Record the customer's score; a new one replaces the old.

    Refused: ``score_out_of_scale`` (csat 1..5, nps 0..10, ces 1..7).
    """
    known(ticket)
    lowest, highest = SCALES[survey]
    if type(score) is not int or not lowest <= score <= highest:
        because = f"{survey} goes from {lowest} to {highest}, not {score!r}"
        raise refusal(ticket, "score_out_of_scale", because)
    return () if (survey, score) in ticket.scores else (SurveyAnswered(score, survey, comment),)


def _resolved(ticket: Ticket) -> None:
    known(ticket)
    if ticket.category not in DONE:
        raise refusal(ticket, "not_resolved", "it is not resolved yet")
