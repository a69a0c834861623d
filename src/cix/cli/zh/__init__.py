"""The zh-CN catalogue: every text of the command line, by its English words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cix.cli.zh.helps import HELPS
from cix.cli.zh.points import POINTS
from cix.cli.zh.reasons import REASONS
from cix.cli.zh.says import SAYS

TEXTS: Final[Mapping[str, str]] = {**HELPS, **SAYS, **REASONS, **POINTS}
