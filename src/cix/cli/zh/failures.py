"""How typed errors are told in Chinese, by their class; rules of the business by their word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cix.cli.words import t
from cix.cli.zh.rules import ENTITIES, RULES
from cix.errors import CixError

_FORMS: Final[Mapping[str, str]] = {
    "NotFoundError": "没有{entity} {key}（{rule}）；请检查编号",
    "InvalidArgumentError": "{where}：{argument} 应为 {expected}，实为 {found}",
    "NaiveInstantError": (
        "{argument}：{found} 没有时区偏移；请写成 2024-03-01T10:00:00+08:00 或 2024-03-01T02:00:00Z"
    ),
    "InvalidPolicyError": "策略 {kind}，{where}：{problem}；{hint}",
    "DuplicateRequestError": "请求 {request} 此前已用于其他内容，与 {asked} 不同；新请求请用新编号",
    "ConflictError": "位置 {found} 与 {query} 相符，且在 {after} 之后写入；请重新读取并决定",
    "StoreClosedError": "{url} 已关闭；请重新打开",
    "StoreUnavailableError": "{url}：{reason}；{hint}",
    "ContendedError": "{url}：{reason}；{hint}",
    "DisconnectedError": "{url}：{reason}；{hint}",
    "UnreachableError": "{url}：{reason}；{hint}",
    "OutcomeUnknownError": "{url}：提交时连接中断，结果未知；请用同一编号重试，只会生效一次",
    "CorruptionError": "位置 {position}：应为 {expected}，实为 {found}；请从备份恢复并比对",
    "SchemaError": "{url}：表结构为 {found}，本版本需要 {expected}；{hint}",
    "UnsupportedByStoreError": "{store} 不支持 {operation}；{hint}",
    "UnknownFactError": "目录中没有事实 {name} 版本 {version}；请添加其类或旧版本的升级函数",
    "MalformedFactError": "{name}（{where}）：{problem}",
    "ProjectionError": (
        "视图 {projection} 在位置 {position}（{fact}）：{problem}；请修正后重试被搁置的键"
    ),
    "UnknownViewError": "没有视图 {projection}；现有 {known}",
    "ViewsBehindError": (
        "已记录在位置 {position}，但视图未能跟上（{reason}）；下一次请求或 cix work 会补上"
    ),
    "ConfigError": "{what}：{found}；{hint}",
    "MissingExtraError": "{what}：{found}；{hint}",
    "MalformedPayloadError": "{channel} 报文 {path} 处：{reason}",
    "SignatureError": "{channel}：{reason}；未接收该报文",
}


def told(error: CixError, fields: Mapping[str, Any]) -> str | None:
    """Return the Chinese sentence of a typed error; None for a class that has none."""
    if type(error).__name__ == "RuleBrokenError":
        return _refusal(fields)
    form = _FORMS.get(type(error).__name__)
    if form is None:
        return None
    values = {name: _part(name, value) for name, value in fields.items()}
    return form.format(**values).removesuffix("；")


def _part(name: str, value: Any) -> str:  # noqa: ANN401  # an error's field of any type
    if name == "entity":
        return ENTITIES.get(str(value), f" {value}")
    if isinstance(value, tuple):
        return "、".join(str(one) for one in value)  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]  # texts of any kind
    text = str(value)
    reason, mark, rest = text.partition(" (")
    known = mark and t(reason) != reason
    return f"{t(reason)}（{rest.removesuffix(')')}）" if known else t(text)


def _refusal(fields: Mapping[str, Any]) -> str:
    """Say which rule refused; what holds a number is told too."""
    rule, because = str(fields["rule"]), str(fields["because"])
    entity = ENTITIES.get(str(fields["entity"]), str(fields["entity"]))
    text = RULES.get(rule, because or rule)
    more = f"；{because}" if text != because and any(c.isdigit() for c in because) else ""
    return f"{entity} {fields['key']}：{text}（{rule}）{more}"
