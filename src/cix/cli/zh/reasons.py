"""Reasons and hints that errors carry as texts, in Chinese; what is not here is told in English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

REASONS: Final[Mapping[str, str]] = {
    # a policy's versions
    "rename or append tiers, but remove none": "可改名或追加等级，不可删除",
    # the store
    "another process holds the write lock": "另一个进程持有写锁",
    "another connection holds the write lock": "另一个连接持有写锁",
    "another session holds the lock": "另一个会话持有锁",
    "end it, or wait for it": "请结束它或等待",
    "the file or its folder is read-only": "文件或其目录只读",
    "give the user write access": "请授予写权限",
    "give the user write access to the file's folder": "请授予文件所在目录的写权限",
    "access is denied": "拒绝访问",
    "give the user read and write access": "请授予读写权限",
    "the disk is full": "磁盘已满",
    "make room; nothing was lost, the store goes on then": (
        "请腾出空间；没有丢失任何内容，之后可继续"
    ),
    "the disk failed to read or write": "磁盘读写失败",
    "look at the disk, then try again": "请检查磁盘后重试",
    "the file cannot be opened": "文件无法打开",
    "check that its folder exists and that the user may write there": "请确认目录存在且可写",
    "the connection was lost": "连接中断",
    "the server cannot be reached": "无法连接服务器",
    "check the network and the server, then try again": "请检查网络与服务器后重试",
    "the server takes no writes": "服务器不接受写入",
    "connect to the primary server": "请连接主服务器",
    "the server refused the login": "服务器拒绝登录",
    "check user and password": "请检查用户名与密码",
    "there is no such database": "没有这个数据库",
    "create it, or mend the URL": "请创建它或更正 URL",
    "the user lacks a right": "用户缺少权限",
    "the server is out of disk, memory or connections": "服务器磁盘、内存或连接数不足",
    "make room, then try again": "请腾出资源后重试",
    "the server ended the session": "服务器结束了会话",
    "see whether it restarts, then try again": "请等待其重启后重试",
    "try again": "请重试",
    "other transactions came first": "其他事务抢先完成",
    "not a SQLite database": "不是 SQLite 数据库",
    "a cix store": "cix 存储",
    "name another file": "请指定其他文件",
    "name a file in it": "请指定其中的文件",
    "create it first": "请先创建",
    "upgrade cix": "请升级 cix",
    "run cix migrate": "请运行 cix migrate",
    "give cix a database, or a schema, of its own": "请为 cix 提供专用的数据库或模式",
    "PostgreSQL": "PostgreSQL",
    "the package psycopg is not installed": "未安装 psycopg",
    # the command line
    "config": "设置文件",
    "name another, or none": "请指定其他文件，或不指定",
    "no view is named": "没有指定视图",
    "name views, or say --all": "请指定视图，或使用 --all",
    "there is no --out": "没有 --out",
    "name the file that was interrupted": "请指定被中断的文件",
    "leave --resume out to begin anew": "去掉 --resume 可重新开始",
    "write name=value": "请写成 name=value",
    "give each name once": "每个名称只能给一次",
    'write one JSON object, {"name": value}': '请写一个 JSON 对象 {"name": value}',
    "write is missing, or is present": "请写 is missing 或 is present",
    "write lines such as db = 'crm.db'": "请写成 db = 'crm.db' 这样的行",
    "a view of lines": "流水视图",
    "ask for a key with lines": "请按键查询",
    "its lines are the explanation": "其各行即为说明",
}
