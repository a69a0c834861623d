"""What the command line says while it works, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SAYS: Final[Mapping[str, str]] = {
    # frame
    "Usage: ": "用法：",
    "Options": "选项",
    "Commands": "命令",
    "Arguments": "参数",
    "Show this message and exit.": "显示此说明并退出。",
    "unforeseen {name}: {error}; CIX_DEBUG=1 shows where": (
        "未预料的错误 {name}：{error}；设 CIX_DEBUG=1 可查看位置"
    ),
    "missing: {name}": "缺少：{name}",
    "{name} cannot be used: {message}": "{name} 无法使用：{message}",
    "no such option: {name}": "没有这个选项：{name}",
    "no such command: {name}": "没有这个命令：{name}",
    "did you mean {near}?": "是否想输入 {near}？",
    "interrupted": "已中断",
    "interrupted: {how}": "已中断：{how}",
    "{seconds} s left": "还需 {seconds} 秒",
    "yes": "是",
    "no": "否",
    "(nothing)": "（无）",
    "default": "默认值",
    # decisions
    "nothing to do: it holds already": "无需处理：结果已经成立",
    "answered before, at position {position}": "此请求此前已处理，位置 {position}",
    "recorded up to position {position}": "已记录至位置 {position}",
    # apply
    "applied": "已应用",
    "views": "视图",
    "line {number}: {code} {message}": "第 {number} 行：{code} {message}",
    "apply {file} again; what was done is known by its id": (
        "请再次应用 {file}；已完成的行按编号识别，不会重复"
    ),
    "{count} lines without an id were known in batch {batch}; "
    "give --batch another name if they are new": (
        "批次 {batch} 中有 {count} 行没有编号且此前已应用；若是新内容，请用 --batch 另起批次名"
    ),
    "{count} lines": "{count} 行",
    "{count} decided": "{count} 个决定已生效",
    "{count} held already": "{count} 个结果已成立",
    "{count} known by id": "{count} 个编号已知",
    "{count} facts loaded": "载入 {count} 条事实",
    "{count} facts known": "{count} 条事实已知",
    "{count} recorded times lifted": "{count} 条记录时间已上调",
    "{count} refused": "{count} 行被拒绝",
    "{count} not readable": "{count} 行无法读取",
    # answers
    "as of {instant}, known up to position {position} (recorded {recorded})": (
        "截至时点 {instant}，认知至位置 {position}（记录于 {recorded}）"
    ),
    "as of {instant}, position {known}": "截至时点 {instant}，位置 {known}",
    "{view} holds nothing for {key}": "{view} 中没有 {key} 的内容",
    "no row of {view} meets that": "{view} 中没有符合条件的行",
    "policy {kind}: version {version} in force": "策略 {kind}：生效版本 {version}",
    "(time)": "（时间）",
    # sla
    "no timer is open": "没有进行中的计时",
    "no timer has ended yet": "尚无已结束的计时",
    "due": "待办",
    "breached": "已超时",
    "paused": "已暂停",
    "business": "工作时间",
    "calendar": "自然时间",
    "before": "之前",
    "after": "之后",
    "give --policy or --calendar": "请用 --policy 或 --calendar 指定文件",
    "{tickets} tickets judged again, {moved} timers have another verdict": (
        "重新判定 {tickets} 个工单，{moved} 个计时的结论不同"
    ),
    # store
    "there is no such file": "没有这个文件",
    "name another with --db, or make one: cix demo, cix apply, cix migrate": (
        "请用 --db 指定其他存储，或新建一个：cix demo、cix apply、cix migrate"
    ),
    "{count} parts are not up to date: cix migrate": "{count} 个部分需要更新：cix migrate",
    "cix migrate goes on": "再次运行 cix migrate 即可继续",
    "cix projections rebuild {name} --resume goes on": (
        "运行 cix projections rebuild {name} --resume 即可继续"
    ),
    "{count} keys are parked": "{count} 个键被搁置",
    "working; Ctrl-C ends it": "工作中；按 Ctrl-C 结束",
    "exported": "已导出",
    "cix export jsonl --after {position} goes on": (
        "运行 cix export jsonl --after {position} 即可继续"
    ),
    "cix export jsonl --out {file} --resume goes on": (
        "运行 cix export jsonl --out {file} --resume 即可继续"
    ),
    "{file} holds the facts up to position {position}": "{file} 含至位置 {position} 的全部事实",
    # demo
    "the same command makes the rest": "再次运行同一命令即可补全",
    "making the history of {customers} customers": "正在生成 {customers} 位客户的历史",
    "made {facts} facts in {seconds} s: {db}": "{seconds} 秒生成 {facts} 条事实：{db}",
    "{db} holds a demo of {facts} facts already; delete it for a new one": (
        "{db} 中已有 {facts} 条事实的演示；删除后可重新生成"
    ),
    "loaded": "已载入",
    "it holds other facts": "其中有其他事实",
    "name another store with --db": "请用 --db 指定其他存储",
    "Customer 360: everything about {customer}": "客户360视图：{customer} 的全景",
    "The desk: open tickets, the longest waiting first": "坐席工作台：待处理工单，等待最久者在前",
    "SLA board: due soonest first": "服务水平看板：最早到期者在前",
    "Membership {account}": "会员 {account}",
    "Tier ladder (growth value, members)": "会员等级阶梯（成长值、会员数）",
    "Timeline: the latest facts of {customer}": "时间线：{customer} 的最近事实",
    "As of then, and today: {path} of {key}": "当时与今天：{key} 的 {path}",
    "Why": "原因",
    "Try next": "接下来可以试试",
}
