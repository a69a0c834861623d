"""Every command of ``cix``: where its function is, and what it does in a line.

A new command is one line here and one function; nothing is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cix.cli.base import Entry

COMMANDS: Final[Mapping[str, Entry]] = {
    "demo": Entry("cix.cli.demo.command:demo", "Make a believable history and show the answers."),
    "record": Entry("cix.cli.deciding:record", "Find or make the id of a channel record."),
    "do": Entry("cix.cli.deciding:do", "Take one decision."),
    "apply": Entry("cix.cli.applying:apply", "Apply a file of decisions and facts."),
    "policy": Entry("", "Policies as published versions."),
    "policy publish": Entry("cix.cli.policies:publish", "Publish a version of a policy."),
    "policy default": Entry("cix.cli.policies:default", "Print the policies cix ships."),
    "sla": Entry("", "Promises: what is due, what was kept."),
    "sla board": Entry("cix.cli.sla:board", "Print the open timers, due soonest first."),
    "sla attainment": Entry("cix.cli.sla:attainment", "Print how many promises were kept."),
    "sla response-times": Entry("cix.cli.sla:response_times", "Print how long answers took."),
    "loyalty": Entry("", "Points: what is outstanding, and what became of them."),
    "loyalty liability": Entry("cix.cli.loyalty:liability", "Print outstanding points by month."),
    "loyalty statement": Entry("cix.cli.loyalty:statement", "Print a member's points by line."),
    "whatif": Entry("", "Other policies tried on the whole history."),
    "whatif sla": Entry("cix.cli.whatif:sla", "Judge every ticket under other SLA policies."),
    "whatif loyalty": Entry("cix.cli.loyalty:whatif", "Decide again under another programme."),
    "show": Entry("cix.cli.showing:show", "Print one row of a view, now or as of then."),
    "find": Entry("cix.cli.finding:find", "Print the rows of a view that meet conditions."),
    "timeline": Entry("cix.cli.showing:timeline", "Print every fact of a customer in order."),
    "explain": Entry("cix.cli.explaining:explain", "Say why a value is what it is."),
    "tick": Entry("cix.cli.working:tick", "Record what time has decided and do what is due."),
    "work": Entry("cix.cli.working:work", "Keep the views up to date until stopped."),
    "projections": Entry("", "How far the views are, and building them anew."),
    "projections list": Entry("cix.cli.views:list_", "Print how far each view is."),
    "projections rebuild": Entry("cix.cli.views:rebuild", "Build the rows of views anew."),
    "projections retry": Entry("cix.cli.views:retry", "Try the parked keys again."),
    "digest": Entry("cix.cli.views:digest", "Print a digest over all rows of each view."),
    "export": Entry("", "The history for other programs."),
    "export jsonl": Entry("cix.cli.exporting:jsonl", "Write every fact as a line of JSON."),
    "migrate": Entry("cix.cli.migrating:migrate", "Bring the store's tables up to date."),
    "config": Entry("", "What the command line is told."),
    "config show": Entry("cix.cli.configuring:show", "Print every setting."),
    "facts": Entry("cix.cli.listing:facts", "List the facts that a store may hold."),
    "decisions": Entry("cix.cli.listing:decisions", "List the decisions and their arguments."),
}
