"""The policies that a desk may start from, and what they are called in English and Chinese.

Seconds are of the calendar named: ``desk`` is the site's business calendar, ``always`` calendar
time. A VIP's after-sales ticket has two promises, each judged alone; the earlier is the one to
meet. Where a site's rules leave a number open (how often progress is told, by when a follow-up is
due) the number here is a start, to be published anew by the site.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final

import attrs

DEFAULT_TEXT: Final = """\
[[policy]]
name = "live chat"
family = "answer"
when = { channel = "chat" }
targets = [{ name = "human_answer", start = ["chat_queued", "handover"], stop = ["message:agent"], cancel = ["abandoned"], seconds = 30, repeat = true, calendar = "desk" }]

[[policy]]
name = "phone"
family = "answer"
when = { channel = "phone" }
targets = [{ name = "answer", start = ["ring"], stop = ["answered"], cancel = ["abandoned"], seconds = 15, repeat = true, calendar = "desk" }]

[[policy]]                      # before the general one: first match wins in a family
name = "VIP after-sales"
family = "response"
when = { type = "after_sales", segment = "high_value" }
targets = [                     # both are judged; the earlier is the one to meet
  { name = "first_response", seconds = 7_200, calendar = "desk" },
  { name = "vip_first_response", kind = "first_response", seconds = 14_400, calendar = "always" },
]

[[policy]]
name = "after-sales"
family = "response"
when = { type = "after_sales" }
targets = [{ name = "first_response", seconds = 7_200, calendar = "desk" }]

[[policy]]
name = "after-sales follow-up"
family = "follow-up"
when = { type = "after_sales" }
targets = [{ name = "follow_up", start = ["status:resolved"], stop = ["followup_done"], cancel = ["closed_unreached"], seconds = 259_200, calendar = "always" }]

[[policy]]
name = "simple"
family = "resolution"
when = { complexity = "simple" }
targets = [{ name = "resolution", seconds = 300, calendar = "desk" }]

[[policy]]
name = "complex"
family = "resolution"
when = { complexity = "complex" }
targets = [{ name = "resolution", seconds = 86_400, calendar = "always", pause_on = ["pending"], warn = [0.5, 0.8] }]

[[policy]]
name = "cross-department"
family = "plan"
when = { complexity = "cross_department" }
targets = [
  { name = "plan", start = ["cross_department"], stop = ["plan_published"], seconds = 172_800, calendar = "always" },
  { name = "progress", kind = "periodic_update", start = ["cross_department"], restart_by = ["agent"], seconds = 86_400, calendar = "always" },
]

[[escalation]]
name = "front line"
when = {}
levels = [{ level = 2, start = ["created"], after = 600, calendar = "desk", unless = ["status:resolved", "status:closed"], answer_within = 7_200, stop = ["message:agent:2", "ack:2"] }]

[bot]
handover_on_request = true
handover_after_unresolved = 3   # in a row
"""  # noqa: E501  # TOML allows no line break in an inline table
"""The default policies as a policy file; ``policy_text.read`` reads it."""


@attrs.frozen
class Title:
    """What people call a policy, a family, a target or a status of a clock."""

    en: str
    zh: str


TITLES: Final[Mapping[str, Title]] = {
    "live chat": Title("Live chat", "在线客服"),
    "phone": Title("Phone", "电话客服"),
    "VIP after-sales": Title("VIP after-sales", "高价值客户售后"),
    "after-sales": Title("After-sales", "售后"),
    "after-sales follow-up": Title("After-sales follow-up", "售后回访"),
    "simple": Title("Simple matters", "简单问题"),
    "complex": Title("Complex matters", "复杂问题"),
    "cross-department": Title("Cross-department matters", "跨部门问题"),
    "front line": Title("Front line", "一线升级"),
    "answer": Title("Answer", "接听/接入"),
    "response": Title("Response", "响应"),
    "follow-up": Title("Follow-up", "回访"),
    "resolution": Title("Resolution", "解决时限"),
    "plan": Title("Plan", "解决方案"),
    "escalation": Title("Escalation", "升级"),
    "human_answer": Title("Human answer", "人工接入"),
    "first_response": Title("First response", "首次响应"),
    "vip_first_response": Title("VIP first response", "高价值客户首次响应"),
    "next_response": Title("Next response", "后续响应"),
    "periodic_update": Title("Periodic update", "定期同步"),
    "follow_up": Title("Follow-up", "回访"),
    "progress": Title("Progress update", "进度同步"),
    "escalate_2": Title("Escalation to level 2", "升级至二线"),
    "answer_2": Title("Answer of level 2", "二线响应"),
    "running": Title("Running", "计时中"),
    "paused": Title("Paused", "暂停计时"),
    "met": Title("Met", "达标"),
    "breached": Title("Breached", "超时"),
    "cancelled": Title("Cancelled", "已取消"),
}
"""Names of the default set and of a clock's states, in English and Chinese."""


def title(name: str) -> Title:
    """Return what a name is called; a site's own name is called by itself."""
    return TITLES.get(name) or Title(name, name)


def default_body() -> dict[str, Any]:
    """Return the default policies as plain data, to be published as a version."""
    return tomllib.loads(DEFAULT_TEXT)
