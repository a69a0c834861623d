"""The help texts of commands, options and arguments, in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

HELPS: Final[Mapping[str, str]] = {
    # cix
    "Everything that happens between a business and its customers, as facts that only grow.": (
        "企业与客户之间发生的一切，记为只增不改的事实。"
    ),
    "Decisions go in, facts are kept, views come out, as of any instant. The options below may "
    "stand before the command or behind it. Data goes to the standard output, words and progress "
    "to the standard error.": (
        "输入决定，保存事实，输出任意时点的视图。"
        "下列选项写在命令之前或之后均可。"
        "数据写到标准输出，说明与进度写到标准错误。"
    ),
    "Exit codes: 0 ok, 1 findings, 2 usage, 3 integrity broken, 4 store unreachable or locked, "
    "5 interrupted and resumable.": (
        "退出码：0 正常，1 有发现，2 用法错误，3 完整性受损，4 存储不可达或被锁定，5 已中断可继续。"
    ),
    "Where the store is: a path (SQLite) or a URL. Default: cix.db": (
        "存储的位置：路径（SQLite）或 URL。默认：cix.db"
    ),
    "The settings file. Default: cix.toml, if it is here.": (
        "设置文件。默认：当前目录的 cix.toml（若有）。"
    ),
    "Language of texts.": "文字的语言。",
    "Show the version and exit.": "显示版本并退出。",
    # shared
    "Print one JSON document.": "输出一个 JSON 文档。",
    "Print a line of JSON a row.": "每行数据输出一行 JSON。",
    "As of then: 2024-03-01T10:00+08:00, with an offset.": (
        "截至时点：2024-03-01T10:00+08:00，须带时区偏移。"
    ),
    "As known then: an instant with an offset, or a position of the log.": (
        "认知时点：带时区偏移的时刻，或日志位置。"
    ),
    "When it happened, with an offset. Default: now.": "发生的时刻，须带时区偏移。默认：现在。",
    "Id of the request: the same id has one effect.": "请求编号：同一编号只生效一次（幂等）。",
    "Who asks. Default: CIX_ACTOR.": "由谁发起。默认：CIX_ACTOR。",
    "Name of a view: cix projections list.": "视图名称：见 cix projections list。",
    "Key of the row; of a customer's view any record of the customer.": (
        "行的键；客户视图可用该客户的任一渠道记录。"
    ),
    "Exit code 1 when there is none.": "没有时退出码为 1。",
    # demo
    "Make a believable history and show the answers.": "生成一段逼真的历史并展示答案。",
    "A year of a shop and its service desk, on every channel: made up from a seed, loaded into an "
    "empty store (default: cix-demo.db), its last decisions taken through the engine. A store that "
    "holds the same demo already is shown as it is; any other that is not empty is refused.": (
        "一家商店及其客服一年的全渠道历史：由种子生成，载入空存储（默认：cix-demo.db），"
        "最后若干决定经引擎作出。已含同一演示的存储直接展示；其他非空存储会被拒绝。"
    ),
    "How many customers. Default: 500": "客户数。默认：500",
    "The same seed makes the same history.": "相同种子生成相同历史。",
    "When the year of the history ends. Default: now.": "这一年历史的结束时刻。默认：现在。",
    # record, do
    "Find or make the id of a channel record.": "查找或新建渠道记录的编号。",
    "The id tells nothing of the value and is what decisions take as their record.": (
        "编号不透露标识值本身，决定以它作为 record 参数。"
    ),
    "What the value is: phone, email, wechat_openid, ...": (
        "标识类型：phone、email、wechat_openid 等"
    ),
    "The identifier's value.": "标识的值。",
    "Take one decision.": "作出一个决定。",
    "Prints the facts that it made, none when what was asked holds already. A value is a text "
    "where the argument is one, else JSON: --arg points=129 --arg tags='[\"vip\"]'. With --id the "
    "command may be repeated and has one effect.": (
        "输出所产生的事实；若结果已经成立则没有。参数为文本时值按文本处理，否则按 JSON："
        "--arg points=129 --arg tags='[\"vip\"]'。带 --id 的命令可重复执行而只生效一次。"
    ),
    "Name of the decision: cix decisions.": "决定的名称：见 cix decisions。",
    "Key of the entity it is about.": "所涉对象的键。",
    "An argument; may be repeated.": "一个参数；可重复。",
    "All arguments as one JSON object.": "以一个 JSON 对象给出全部参数。",
    # apply
    "Apply a file of decisions and facts.": "应用一个含决定与事实的文件。",
    'A line is {"do": DECISION, "key": KEY, "args": {...}} with "id", "actor", "occurred_at" where '
    'wanted ("recorded_at" with --import), or a fact as cix export writes it.': (
        '每行为 {"do": 决定, "key": 键, "args": {...}}，可带 "id"、"actor"、"occurred_at"'
        '（--import 时还可带 "recorded_at"），或为 cix export 导出的事实。'
    ),
    "It stops at the first line that is refused (exit code 1) or cannot be read (2), and names it. "
    "Everything before it is kept, and the file may be applied again: a line whose id is known "
    "changes nothing. Lines without an id get one made of the batch's name (default: the file's "
    "name), their text, and how often that text came before.": (
        "遇到第一个被拒绝（退出码 1）或无法读取（2）的行即停止并指明行号。此前的内容均已保留，"
        "文件可再次应用：编号已知的行不会改变任何内容。没有编号的行由批次名（默认：文件名）、"
        "行文本及其出现次数生成编号。"
    ),
    "A file of JSON lines; - is the standard input.": "JSON 行文件；- 表示标准输入。",
    "Decisions may say when they were recorded.": "允许决定自带记录时间。",
    "Go on past lines that are refused.": "跳过被拒绝的行并继续。",
    "Name of the batch, for lines without an id.": "批次名，用于没有编号的行。",
    "Who asks, where a line does not say. Default: CIX_ACTOR.": (
        "行内未写明时由谁发起。默认：CIX_ACTOR。"
    ),
    # policy
    "Policies as published versions.": "以版本发布的策略。",
    "Publish a version of a policy.": "发布策略的一个版本。",
    "It is checked first; a policy that cannot be meant is refused, naming the line. The same "
    "version with the same body writes nothing.": (
        "先行校验；不成立的策略会被拒绝并指明行号。同一版本且内容相同时不写入。"
    ),
    "Kind of the policy, such as loyalty.": "策略类别，例如 loyalty。",
    "Name of the version, such as 2024-03.": "版本名，例如 2024-03。",
    "The policy: a TOML or JSON file.": "策略文件：TOML 或 JSON。",
    "In force from then on. Default: now.": "自该时刻起生效。默认：现在。",
    # show, find, timeline, explain
    "Print one row of a view, now or as of then.": "输出视图的一行，现在或截至某时点。",
    "Exit code 1 when there is no such row. A view of lines, such as the timeline, prints its "
    "lines.": "没有该行时退出码为 1。时间线等流水视图输出其各行。",
    "Print the rows of a view that meet conditions.": "输出视图中符合条件的行。",
    "Exit code 1 when there is none. As of an instant every key is folded from the log, which "
    "takes its time on a large store.": (
        "没有时退出码为 1。查询过去时点需从日志逐键回放，存储较大时较慢。"
    ),
    "status=open, points>=100, agent is missing, priority in high,urgent; may be repeated.": (
        "status=open、points>=100、agent is missing、priority in high,urgent；可重复。"
    ),
    "Order by a column, -COLUMN descending; may be repeated.": "按列排序，-列名 为降序；可重复。",
    "Print at most N rows.": "最多输出 N 行。",
    "Print only these columns.": "只输出这些列。",
    "Print every fact of a customer in order.": "按顺序输出客户的全部事实。",
    "Any record of the customer.": "该客户的任一渠道记录。",
    "Print only the last N lines.": "只输出最后 N 行。",
    "Say why a value is what it is.": "说明一个值为何如此。",
    "Prints the facts that changed it, each with the value before and after it, and the versions "
    "of the policies in force. Exit code 1 when no fact speaks of the key.": (
        "输出改变该值的事实及其前后值，以及生效的策略版本。没有事实涉及该键时退出码为 1。"
    ),
    "Field of the row, such as status or tags.0; default: the whole row.": (
        "行中的字段，例如 status 或 tags.0；默认：整行。"
    ),
    # time and work
    "Record what time has decided and do what is due.": "记录时间已决定的事，并执行到期事项。",
    "Run twice it does nothing more; run late it changes no answer.": (
        "重复运行不会多做；迟运行也不改变任何答案。"
    ),
    "The instant up to which time is run; default: now.": "时间运行到的时刻；默认：现在。",
    "Keep the views up to date until stopped.": "持续更新视图直至停止。",
    "Views and reactions follow the log; several workers may run on one store. Ctrl-C or SIGTERM "
    "ends it after the page at hand. A store that is out of reach for a while is waited for.": (
        "视图与联动跟随日志；同一存储可同时运行多个工作进程。"
        "Ctrl-C 或 SIGTERM 在处理完当前页后结束。存储暂时不可达时会等待。"
    ),
    "Catch up to the head of the log, then end.": "追赶到日志末尾后结束。",
    "Longest wait between two looks at the log. Default: 0.5": (
        "两次查看日志的最长间隔（秒）。默认：0.5"
    ),
    "Also tick, this often.": "同时按此间隔（秒）执行 tick。",
    # projections
    "How far the views are, and building them anew.": "视图的进度与重建。",
    "Print how far each view is.": "输出各视图的进度。",
    "The version of its rows, its position and lag in the log, how many keys are parked, the "
    "position of a build under way, and the last error.": (
        "行的版本、在日志中的位置与滞后、搁置的键数、进行中的重建位置及最近的错误。"
    ),
    "Build the rows of views anew.": "重建视图的行。",
    "They are built from the log beside the live rows, which stay readable, and swapped in at the "
    "end. On a long log several processes each fold a share of the keys. Interrupted, --resume "
    "goes on where the build stopped. Exit code 1 when keys are parked.": (
        "新行由日志在旁重建，期间现有行仍可读取，完成后一次切换。"
        "日志很长时由多个进程各自折叠一部分键。中断后用 --resume 接着重建。有键被搁置时退出码为 1。"
    ),
    "Processes that share the work. Default: one a processor on a long log.": (
        "分担工作的进程数。默认：日志很长时每个处理器一个。"
    ),
    "Names of views.": "视图名称。",
    "Build every view.": "重建全部视图。",
    "Go on with a build that was interrupted.": "继续被中断的重建。",
    "Try the parked keys again.": "重试被搁置的键。",
    "Prints those that are parked still; exit code 1 when there are any.": (
        "输出仍被搁置的键；若有则退出码为 1。"
    ),
    "Name of a view; default: every view.": "视图名称；默认：全部视图。",
    "Print a digest over all rows of each view.": "输出各视图全部行的摘要。",
    "Equal rows give equal digests, on any database and after any rebuild.": (
        "行相同则摘要相同，与数据库及重建无关。"
    ),
    "Names of views; default: every view.": "视图名称；默认：全部视图。",
    # export, migrate
    "The history for other programs.": "供其他程序使用的历史。",
    "Write every fact as a line of JSON.": "将每条事实写成一行 JSON。",
    "With its whole envelope: position, id, both times, tags, who and why. cix apply of the file "
    "into an empty store makes the same store: same positions, ids, times and rows of views.": (
        "含完整信封：位置、编号、两个时间、标签、由谁与因何。用 cix apply 将该文件应用到空存储，"
        "得到相同的存储：位置、编号、时间与视图各行均相同。"
    ),
    "Write to this file, which appears when it is complete.": "写入该文件；完成后才出现。",
    "Begin behind this position.": "从此位置之后开始。",
    "Go on with a file that was interrupted (with --out).": "继续写被中断的文件（与 --out 同用）。",
    "Bring the store's tables up to date.": "更新存储的数据表。",
    "Makes the tables of a new store and builds anew the views whose rows were made by another "
    "version. A store of a newer cix is refused.": (
        "为新存储建表，并重建由其他版本生成的视图。较新版本 cix 的存储会被拒绝。"
    ),
    "Only look: exit code 1 when there is something to do.": "只检查：有待处理时退出码为 1。",
    # sla, whatif
    "Print the policies cix ships.": "输出 cix 自带的默认策略。",
    "Print the policies cix ships as a TOML file, to start from.": (
        "以 TOML 文件形式输出 cix 自带的默认策略，供修改使用。"
    ),
    "Kind of the policy.": "策略的类别。",
    "Promises: what is due, what was kept.": "服务承诺：哪些到期，哪些达标。",
    "Print the open timers, due soonest first.": "输出进行中的计时，最早到期的在前。",
    "Print the open timers: due soonest first, then breached, then paused.": (
        "输出进行中的计时：先按到期时刻，其次已超时，最后已暂停。"
    ),
    "Exit code 1 when one of them is breached.": "其中有超时的则退出码为 1。",
    "Print how many promises were kept.": "输出承诺达标的数量。",
    "Print how many timers were met, breached and cancelled.": "输出达标、超时与取消的计时数。",
    "Met / (met + breached) is the attainment; what was cancelled is counted apart, what is open "
    "and not breached nowhere. Default: by family and target. A day is the local one of the "
    "calendar's zone.": (
        "达标率 = 达标 /（达标 + 超时）；取消的另计，进行中且未超时的不计。"
        "默认按类别与目标分组。日期为日历所在时区的本地日期。"
    ),
    "Group by this; may be repeated.": "按此分组；可重复。",
    "Print how long answers took.": "输出响应用时。",
    "Print how long answers took: mean, p50, p90 and p99 in business and calendar time.": (
        "输出响应用时：工作时间与自然时间的均值、p50、p90、p99。"
    ),
    "Over stopped timers; percentiles by nearest rank. The mean is total / count.": (
        "统计已停止的计时；百分位取最近秩。均值 = 合计 / 数量。"
    ),
    "Name or kind of a target.": "目标的名称或类型。",
    "Other policies tried on the whole history.": "在整个历史上试行其他策略。",
    "Judge every ticket under other SLA policies.": "按其他 SLA 策略判定全部工单。",
    "Judge every ticket again under other SLA policies or calendars.": (
        "按其他 SLA 策略或工作日历重新判定全部工单。"
    ),
    "As if they had held from the first fact on. Prints the verdicts of each target before and "
    "after, and the timers whose verdict is another. Writes nothing. Exit code 1 when any is.": (
        "视同自第一条事实起即生效。输出各目标前后的结论，以及结论不同的计时。不写入任何内容。"
        "有不同则退出码为 1。"
    ),
    "SLA policies: a TOML or JSON file.": "SLA 策略：TOML 或 JSON 文件。",
    "A calendar; may be repeated.": "工作日历；可重复。",
    "Of sla_timers the field may be a target, such as first_response: then the clock is told, with "
    "its policy and calendar versions, when it ran and paused, and the facts behind.": (
        "对 sla_timers，字段也可以是目标，如 first_response：说明该计时的策略与日历版本、"
        "计时与暂停的区间，以及依据的事实。"
    ),
    # config, lists
    "What the command line is told.": "命令行的设置。",
    "Print every setting.": "输出全部设置。",
    "A flag comes before a variable CIX_*, that before cix.toml, that before the default.": (
        "优先级：命令行选项 > 环境变量 CIX_* > cix.toml > 默认值。"
    ),
    "Say where each value came from.": "说明每个值的来源。",
    "where the store is": "存储的位置",
    "language of texts": "文字的语言",
    "who asks, kept with every fact": "由谁发起，随每条事实保存",
    "who keeps the views up to date: each command, or cix work": (
        "由谁更新视图：各命令自身，或 cix work"
    ),
    "longest wait for a lock or a connection": "等待锁或连接的最长秒数",
    "of commits": "提交的持久性",
    "List the facts that a store may hold.": "列出存储可保存的事实。",
    "With the key each is kept under, its other tags, and the fields that are personal.": (
        "含各事实所属的键、其他标签及个人信息字段。"
    ),
    "Begin of the name, such as ticket.": "名称的开头，例如 ticket。",
    "List the decisions and their arguments.": "列出决定及其参数。",
    "An argument in brackets may be left out.": "方括号内的参数可省略。",
}
