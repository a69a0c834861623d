"""Words that several rooms share: opaque ids and the closed lists of the business."""

from __future__ import annotations

from typing import Literal, NewType, TypeAlias

RecordId = NewType("RecordId", str)
"""One channel's view of somebody: opaque, never a number or an address."""
TicketId = NewType("TicketId", str)
AccountId = NewType("AccountId", str)
ContactId = NewType("ContactId", str)
AgentId = NewType("AgentId", str)

Channel: TypeAlias = Literal[
    "phone", "sms", "email", "chat", "whatsapp", "messenger", "instagram", "x", "linkedin",
    "wechat", "wecom", "weibo", "douyin", "tiktok", "telegram", "line", "viber", "app", "store",
    "order", "logistics", "helpdesk",
]  # fmt: skip
Direction: TypeAlias = Literal["inbound", "outbound", "internal"]
Priority: TypeAlias = Literal["low", "normal", "high", "urgent"]
Identifier: TypeAlias = tuple[str, str]
"""Something by which a channel knows somebody: a type such as ``phone``, and its value."""
