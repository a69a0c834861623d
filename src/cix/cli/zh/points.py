"""Loyalty on the command line, in Chinese: helps, and what is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

POINTS: Final[Mapping[str, str]] = {
    # whatif loyalty
    "Decide again under another programme.": "按另一套会员方案重新裁定。",
    "Decide the whole history again under another loyalty programme.": (
        "按另一套会员方案重新裁定整个历史。"
    ),
    "As if it had been in force from the beginning: every accepted command is decided again from "
    "what was asked, and what the programme refuses is counted. Prints how members move between "
    "tiers, whose points differ, and the liability before and after. Writes nothing. Exit code 1 "
    "when anybody moves.": (
        "视同自始生效：每条已接受的命令按当时的请求重新裁定，被该方案拒绝的计数。"
        "输出会员等级的迁移、积分有变化的会员，以及前后的积分负债。不写入任何内容。"
        "有会员变动则退出码为 1。"
    ),
    "The programme: a TOML or JSON file.": "会员方案：TOML 或 JSON 文件。",
    "Print at most N members who move; JSON holds all. Default: 50.": (
        "最多输出 N 名有变动的会员；JSON 含全部。默认：50。"
    ),
    "facts": "事实",
    "tiers, before and after": "前后等级",
    "liability": "积分负债",
    "refused {count} times: {rule}": "拒绝 {count} 次：{rule}",
    "{members} members decided again, {moved} would have other points or another tier": (
        "重新裁定 {members} 名会员，其中 {moved} 名的积分或等级会不同"
    ),
    # loyalty liability
    "Points: what is outstanding, and what became of them.": "积分：尚未兑付的部分，及其来龙去脉。",
    "Print outstanding points by month.": "按月输出未兑付积分。",
    "Print what members could still redeem, by the month in which it would expire.": (
        "按到期月份输出会员仍可兑换的积分。"
    ),
    "Points are those available, pending and held; debt stands apart; worth is points times the "
    "value of one times (1 - breakage), in minor units.": (
        "积分含可用、待生效与冻结的部分；欠分另列；价值 = 积分 × 单价 ×（1 - 损耗率），以分为单位。"
    ),
    "Print the IFRS 15 figures of the periods that end then instead; may be repeated.": (
        "改为输出在这些时点结束的各期 IFRS 15 数字；可重复。"
    ),
    "total": "合计",
    "debt of members {debt}; a point is worth {value}, breakage {breakage}": (
        "会员欠分 {debt}；每分价值 {value}，损耗率 {breakage}"
    ),
    # loyalty statement
    "Print a member's points by line.": "逐行输出会员的积分。",
    "Print the points of a member line by line, with running balances.": (
        "逐行输出会员的积分及滚动余额。"
    ),
    "Every transfer has two lines, out of one purse and into another, which sum to zero. What time "
    "moved stands at its own instant. Debt is a negative balance of the purse available. Exit code "
    "1 when there is none.": (
        "每笔转移有两行：自一账户出、入另一账户，合计为零。由时间引起的变动列在其自身时点。"
        "欠分即 available 账户的负余额。没有时退出码为 1。"
    ),
    "The loyalty account.": "积分账户。",
    # explain membership ACCOUNT points
    "Of membership the field may be points: then every lot is told, and with --lot where its "
    "points came from, under which version and rules, and where they went.": (
        "对 membership，字段可为 points：说明每一批积分；"
        "加 --lot 则说明其来源、所依版本与规则及去向。"
    ),
    "Of membership points: tell of this lot only.": "用于 membership points：只说明这一批。",
    "--lot goes with: cix explain membership ACCOUNT points": (
        "--lot 用于：cix explain membership ACCOUNT points"
    ),
    "--lot KEY tells where the points of one came from and where they went": (
        "--lot KEY 说明某一批积分的来源与去向"
    ),
    "{account} has no points": "{account} 没有积分",
    "{granted} granted, {left} left": "发放 {granted}，剩余 {left}",
    "{points} paid debt": "{points} 用于抵扣欠分",
    "came from": "来源",
    "went to": "去向",
}
