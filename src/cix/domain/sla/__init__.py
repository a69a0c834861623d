"""SLA clocks: a pure function of facts, policy versions, calendar versions and an instant.

From inside out: ``facts_in`` (what a clock reads), ``policy`` and ``escalation`` (what is
promised), ``parsing`` (how it is written and refused), ``versions`` (what was in force when),
``timer`` (one instance), ``slot`` (all of a target), ``life`` and ``clocks`` (the fold),
``verdict`` and ``known`` (what shows, and since when it could be known), ``derived`` (outputs and
corrections), ``face`` (the function), ``reading`` and ``room`` (the ticket's facts, the engine).
"""

from __future__ import annotations

from cix.domain.sla.derived import Correction, Output, corrections
from cix.domain.sla.face import (
    as_if_always,
    calendars_as_if_always,
    corrected_by,
    said,
    timers,
)
from cix.domain.sla.facts_in import (
    Acknowledged,
    Assigned,
    BotUnresolved,
    CallbackDone,
    Created,
    Escalated,
    FactIn,
    FieldsChanged,
    FollowupDone,
    HandoverDone,
    HandoverRequested,
    MergedFrom,
    MergedInto,
    MessageAdded,
    Milestone,
    Noted,
    PriorityChanged,
    SplitFrom,
    StatusChanged,
    SurveyAnswered,
)
from cix.domain.sla.parsing import read
from cix.domain.sla.policy import Escalation, Level, SlaPolicy, SlaRules, Target, Warn
from cix.domain.sla.room import CLOCKS, TicketClocks
from cix.domain.sla.verdict import Segment, Timer, Warning
from cix.domain.sla.versions import CalendarVersion, PolicyVersion, undefined_calendars

__all__ = [
    "CLOCKS",
    "Acknowledged",
    "Assigned",
    "BotUnresolved",
    "CalendarVersion",
    "CallbackDone",
    "Correction",
    "Created",
    "Escalated",
    "Escalation",
    "FactIn",
    "FieldsChanged",
    "FollowupDone",
    "HandoverDone",
    "HandoverRequested",
    "Level",
    "MergedFrom",
    "MergedInto",
    "MessageAdded",
    "Milestone",
    "Noted",
    "Output",
    "PolicyVersion",
    "PriorityChanged",
    "Segment",
    "SlaPolicy",
    "SlaRules",
    "SplitFrom",
    "StatusChanged",
    "SurveyAnswered",
    "Target",
    "TicketClocks",
    "Timer",
    "Warn",
    "Warning",
    "as_if_always",
    "calendars_as_if_always",
    "corrected_by",
    "corrections",
    "read",
    "said",
    "timers",
    "undefined_calendars",
]
