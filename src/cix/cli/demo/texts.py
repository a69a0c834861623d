"""What the people of the demo are called, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Speech: TypeAlias = Literal["zh", "en"]

SURNAMES: Final = (
    "王",
    "李",
    "张",
    "刘",
    "陈",
    "杨",
    "赵",
    "黄",
    "周",
    "吴",
    "徐",
    "孙",
    "胡",
    "朱",
    "高",
    "林",
)
GIVEN: Final = (
    "伟", "芳", "娜", "敏", "静", "磊", "洋", "艳", "杰", "涛", "明", "超", "秀英", "建国", "晓梅",
    "子涵", "雨桐", "浩然", "欣怡", "俊杰", "思远", "佳琪",
)  # fmt: skip
FIRST: Final = (
    "Ann", "Ben", "Carla", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "Kira",
    "Liam", "Mina", "Noah", "Olga", "Pablo", "Rosa", "Sven", "Tariq", "Uma", "Vera", "Wei",
)  # fmt: skip
LAST: Final = (
    "Adler", "Brown", "Costa", "Dubois", "Evans", "Fischer", "Garcia", "Haddad", "Ito", "Jensen",
    "Kim", "Larsen", "Moreau", "Novak", "Okafor", "Patel", "Rossi", "Silva", "Tanaka", "Weber",
)  # fmt: skip
CITIES: Final[Mapping[Speech, tuple[str, ...]]] = {
    "zh": ("上海", "北京", "杭州", "深圳", "成都", "武汉", "南京", "西安"),
    "en": ("London", "Berlin", "Lyon", "Singapore", "Toronto", "Porto", "Oslo", "Dubai"),
}
AGENTS: Final = ("lin", "marta", "zhao", "omar", "chen", "sofia")
"""Agents of the desk; the last two are the second line."""


class Matter(NamedTuple):
    """What a ticket may be about, and what is said of it."""

    topic: str
    type: str
    complexity: str
    group: str
    subject: Mapping[Speech, str]
    asked: Mapping[Speech, str]
    answered: Mapping[Speech, str]


MATTERS: Final = (
    Matter(
        "delivery", "after_sales", "simple", "logistics",
        {"zh": "包裹还没到", "en": "Parcel is late"},
        {"zh": "我的包裹三天没有更新了，能帮我查一下吗？",
         "en": "No news of my parcel for three days."},
        {"zh": "已联系快递，预计明天送达。", "en": "The carrier found it; it arrives tomorrow."},
    ),
    Matter(
        "refund", "after_sales", "complex", "finance",
        {"zh": "退款未到账", "en": "Refund not received"},
        {"zh": "退货一周了，退款还没有到账。",
         "en": "I returned it a week ago and have no refund."},
        {"zh": "退款已重新提交，两个工作日内到账。",
         "en": "We sent the refund again: two working days."},
    ),
    Matter(
        "damaged", "after_sales", "complex", "quality",
        {"zh": "收到的商品破损", "en": "Item arrived damaged"},
        {"zh": "打开就是碎的，附上照片。", "en": "It was broken in the box; photo attached."},
        {"zh": "非常抱歉，已为您补发新的一件。", "en": "We are sorry; a new one is on its way."},
    ),
    Matter(
        "invoice", "question", "simple", "finance",
        {"zh": "需要开发票", "en": "Invoice needed"},
        {"zh": "请帮我开一张公司抬头的发票。", "en": "Please send an invoice to my company."},
        {"zh": "电子发票已发送到您的邮箱。", "en": "The invoice is in your mailbox."},
    ),
    Matter(
        "points", "question", "simple", "members",
        {"zh": "积分没有到账", "en": "Points are missing"},
        {"zh": "上周的订单没有积分。", "en": "My order of last week brought no points."},
        {"zh": "积分已补录，请查看会员中心。", "en": "The points are in your account now."},
    ),
    Matter(
        "sizing", "question", "simple", "shop",
        {"zh": "尺码怎么选", "en": "Which size fits"},
        {"zh": "身高175应该选哪个尺码？", "en": "I am 175 cm tall: which size do I take?"},
        {"zh": "建议选择L码。", "en": "We would take L."},
    ),
    Matter(
        "installation", "after_sales", "cross_department", "service",
        {"zh": "安装后无法使用", "en": "Does not work once installed"},
        {"zh": "师傅装完还是不能用，需要再上门。",
         "en": "The fitter left and it still does not run."},
        {"zh": "已安排工程师明天上门。", "en": "An engineer comes tomorrow."},
    ),
)  # fmt: skip
AGAIN: Final[Mapping[Speech, str]] = {
    "zh": "问题又出现了，请再看一下。", "en": "It is back; please look again.",
}  # fmt: skip
THANKS: Final[Mapping[Speech, str]] = {"zh": "好的，谢谢！", "en": "That helps, thank you!"}
COMPLAINT: Final[Mapping[Speech, str]] = {
    "zh": "等了这么久没人处理，我要投诉。", "en": "Nobody cared for days; I want to complain.",
}  # fmt: skip
CAMPAIGN: Final[Mapping[Speech, str]] = {
    "zh": "会员日双倍积分，只在本周末。", "en": "Double points for members this weekend.",
}  # fmt: skip


def name_of(speech: Speech, number: int) -> str:
    """Return the name of the customer of that number."""
    if speech == "zh":
        return SURNAMES[number % len(SURNAMES)] + GIVEN[number // 3 % len(GIVEN)]
    return f"{FIRST[number % len(FIRST)]} {LAST[number // 5 % len(LAST)]}"
