package say

// helpWords are what help shows.
func helpWords() map[string]string {
	return map[string]string{
		"Usage:": "用法：", "Examples:": "示例：", "Available Commands:": "命令：", "Flags:": "选项：", "Global Flags:": "全局选项：",
		"Additional help topics:": "其他帮助：", "Aliases:": "别名：",
		`Use "{{.CommandPath}} [command] --help" for more information about a command.`: `用 "{{.CommandPath}} [命令] --help" 查看某个命令的说明。`,
		"Help about any command": "查看任一命令的说明",
		"Help provides help for any command in the application.\nSimply type dakactl help [path to command] for full details.": "查看任一命令的说明：dakactl help [命令]。",
		"help for this command":    "本命令的说明",
		"version for dakactl":      "dakactl 的版本",
		"print JSON, for programs": "输出 JSON，供程序读取",

		"Operate dakasync: schema, status, cost, and fetching days again": "运维 dakasync：表结构、状态、成本、重新拉取",
		"Bring the database's schema up to this version":                  "把数据库表结构升级到本版本",
		"Brings the schema dakasync of DATABASE_URL up to this version; one that is up already is left alone.\nThe worker does the same at its start unless DAKASYNC_MIGRATE=false.":                                   "把 DATABASE_URL 里的 dakasync 表结构升级到本版本；已是最新的不动。\n除非 DAKASYNC_MIGRATE=false，worker 启动时会做同样的事。",
		"Show what came in, what is stored, what was spent, and what is under way":                                                                                                                                     "查看收到了什么、存了什么、花了多少、正在做什么",
		"Asks the ledger and Temporal. When one of them does not answer the other is shown all the same, and the exit\nstatus is 1.":                                                                                   "询问账本和 Temporal。其中一个不应答时仍显示另一个，退出码为 1。",
		"Read the events that DingTalk could not push, now":                                                                                                                                                            "立即读取钉钉推送失败的事件",
		"Triggers the schedule drain-failed-pushes, which otherwise acts every DAKASYNC_DRAIN_INTERVAL.":                                                                                                               "触发计划任务 drain-failed-pushes；平时它每隔 DAKASYNC_DRAIN_INTERVAL 执行一次。",
		"Sweep one date, or all that is not settled, now":                                                                                                                                                              "立即核对某一天，或所有未结清的日子",
		"With --date: fetches that date for everybody. Without: triggers the schedule reconcile-day,\nwhich otherwise sweeps every night. It says first what that costs, and refuses what is over the month's budget.": "带 --date：为所有人重新拉取这一天。不带：触发计划任务 reconcile-day，\n平时它每晚核对。先说明要花多少调用，超出当月预算的会拒绝。",
		"the date, like 2026-11-01 (default: every unsettled one)":                                                                                                                                                     "日期，如 2026-11-01（默认：所有未结清的日子）",
		"do it though the month's calls do not suffice: what is over waits for the next month":                                                                                                                         "当月调用不够也照做：超出的部分等到下个月",
	}
}

// requestHelp are the help texts of commands that ask for work.
func requestHelp() map[string]string {
	return map[string]string{
		"Fetch days again": "重新拉取若干天",
		"Signals the standing run resync/<corp>, starting it if it is not there. Requests are done one after the other;\n--wait ends with status 1 when the request is refused. It says first what that costs, and refuses what is over\nthe month's budget, of which a part (DAKASYNC_CALL_RESERVE) is kept for this.": "向常驻运行 resync/<corp> 发信号，不在则启动它。请求依次完成；\n请求被拒绝时 --wait 以退出码 1 结束。先说明要花多少调用，超出当月预算的会拒绝；\n预算里有一部分（DAKASYNC_CALL_RESERVE）专门留给它。",
		"Fetch a long range of days, for everybody or some": "为所有人或部分人拉取一长段日期",
		"Starts a run that walks the range in windows of 50 users and 7 days, after all other work. It goes on by itself\nwhen dakactl or a worker ends. It says first what that costs, and refuses what is over the month's budget.": "启动一次运行，以 50 人 × 7 天为一窗逐步走完，排在其他工作之后。dakactl 或 worker 结束后\n它自己继续。先说明要花多少调用，超出当月预算的会拒绝。",
		"first date, like 2026-11-01": "起始日期，如 2026-11-01",
		"last date, inclusive":        "结束日期（含）",
		"DingTalk user id; repeat it for several (default: everybody in contacts)": "钉钉 userid；可重复给出多个（默认：通讯录里的所有人）",
		"why; it stands beside the request":                                        "原因；记在请求旁边",
		"wait for the end, showing the progress":                                   "等到结束，并显示进度",

		"Calculate what a company costs in calls, pushes and yuan": "估算一家公司要花多少调用、推送和钱",
		"Calculates, before anything is installed: calls and pushes a month for each way to answer events, the cheapest\nedition of DingTalk that suffices, and what more freshness costs. It needs no settings and asks nobody.": "在安装之前就能估算：每种处理方式每月的调用数和推送数、够用的最便宜的钉钉版本，\n以及更快要多花多少。不需要任何设置，也不询问任何人。",
		"how many people punch":    "有多少人打卡",
		"punches a day and person": "每人每天打卡次数",
		"workdays a month":         "每月工作日数",
		"shifts that begin at hours of their own, of about as many people each":                                            "开始时间各不相同的班次数，各班人数相近",
		"percent of the people at work whose shift begins or ends at midnight, or goes beyond it":                          "在岗人员中班次始于或止于午夜、或跨过午夜的百分比",
		"percent of a shift's people who punch within the busiest hour of its beginning or end":                            "上下班最忙一小时内打卡的人占该班次的百分比",
		"approvals a month and person: leaves, trips, overtime, make-ups":                                                  "每人每月的审批数：请假、出差、加班、补卡",
		"how often failed pushes are read (DAKASYNC_DRAIN_INTERVAL)":                                                       "多久读取一次推送失败列表（DAKASYNC_DRAIN_INTERVAL）",
		"edition that there is: standard, standard-before-2025-11-19, professional, professional-full, package, unlimited": "现有的版本：standard, standard-before-2025-11-19, professional, professional-full, package, unlimited",
		"calls a month in place of the edition's; 0 = no bound":                                                            "每月调用数，代替版本自带的；0 = 不限",
		"pushes a month in place of the edition's; 0 = no bound":                                                           "每月推送数，代替版本自带的；0 = 不限",
		"percent of the calls that are kept for what people ask for (DAKASYNC_CALL_RESERVE)":                               "为人工请求保留的调用百分比（DAKASYNC_CALL_RESERVE）",
		"wanted freshness: 0s = at once, 24h = the next morning":                                                           "希望多快：0s = 立即，24h = 次日早晨",
	}
}

// ownerHelp are the help texts of commands for the ledger's owner.
func ownerHelp() map[string]string {
	return map[string]string{ //nolint:gosec // Words about secrets, and no secrets.
		"Erase a person from the ledger, with a report": "把一个人从账本中抹去，并给出报告",
		"Deletes a user's days, punches, results, versions, approvals, events and differences, and takes the user out of what others share.\nWithout --yes it only says what would go. It refuses for somebody who is still in contacts, since the next event or sweep would\nbring the data again. The report names what it does not reach: runs in Temporal, backups, logs, and DingTalk.": "删除一个人的日子、打卡、结果、版本、审批、事件和差异，并把他从与别人共有的内容中去掉。\n不带 --yes 只说明会删什么。仍在通讯录里的人会被拒绝，因为下一个事件或核对又会把数据带回来。\n报告列出它够不到的地方：Temporal 里的运行、备份、日志和钉钉。",
		"erase, and not only say what would go":      "真的抹去，而不只是说明",
		"also of somebody who is still in contacts":  "即使仍在通讯录里也抹去",
		"Delete what is older than it is to be kept": "删除超过保留期的数据",
		"Deletes, of each kind of data that is named, what is older than so many days; run it from a timer. Nothing that is still open goes,\nnor the newest version of a day; but of days all goes, as DingTalk answers nothing about days so old. Stretches of coverage are joined,\nand what they prove stays. Without --yes it only says what would go. Kinds, and the days for which each must be kept:": "按给出的类别，删除早于若干天的数据；可放进定时任务。未了结的不删，每天最新的版本也不删；\n但 days 会全部删除，因为钉钉对这么早的日子已不再回答。覆盖记录只会首尾相并，所证明的不变。不带 --yes 只说明会删什么。类别及各自至少要保留的天数：",
		"  %-14s at least %3d: %s":                                                                          "  %-14s 至少 %3d 天：%s",
		"days for which a kind is kept, like events=400; may be repeated":                                   "某类数据保留的天数，如 events=400；可重复",
		"delete, and not only say what would go":                                                            "真的删除，而不只是说明",
		"DingTalk may still change and show the last 180 days, and a year is paid after its end":            "最近 180 天钉钉仍可能改动和显示，而一年要到年后才算清",
		"a day's history is needed until the day was paid":                                                  "发薪之前需要这一天的历史",
		"a difference is looked into until the days were paid":                                              "发薪之前还要查看差异",
		"the budget is decided by the last months":                                                          "预算按最近几个月决定",
		"who listened, and why somebody ceased to, is looked into; what they prove together stays for good": "还要查看谁在听、为什么停下；它们合起来证明的永远保留",
		"the budget is forecast from them, and DingTalk may tell again":                                     "预算由它们预测，钉钉也可能再说一次",
		"what DingTalk could not push is asked about meanwhile":                                             "推送失败的内容在此期间会被询问",

		"Serve what is encrypted in Temporal in clear, to those who may read it": "把 Temporal 里加密的内容以明文提供给有权的人",
		"Serves as codec server for the Temporal UI (its setting codec.endpoint) and the temporal command (--codec-endpoint,\n--codec-auth \"Bearer …\"), with the keys of DAKASYNC_PAYLOAD_KEYS, until it is interrupted. Whoever asks must have the shared\nsecret or a token of the identity provider. With the secret a browser signs in on /login; the UI must then include credentials\nand be on the same site. The UI hands its user's token on to an https address only.": "作为 Temporal UI（设置 codec.endpoint）和 temporal 命令（--codec-endpoint、--codec-auth \"Bearer …\"）的\n编解码服务器运行，使用 DAKASYNC_PAYLOAD_KEYS 的密钥，直到被中断。访问者必须有共享口令或身份提供方的令牌。\n用口令时浏览器在 /login 登录，UI 要带上凭据并在同一站点。UI 只会把用户的令牌交给 https 地址。",
		"address to listen on": "监听地址",
		"origin of the Temporal UI, like http://127.0.0.1:8233; may be repeated":  "Temporal UI 的来源，如 http://127.0.0.1:8233；可重复",
		"file that holds the shared secret, of at least 32 characters":            "存放共享口令的文件，至少 32 个字符",
		"identity provider whose tokens are good":                                 "认可其令牌的身份提供方",
		"whom the tokens must be for, such as the UI's client id":                 "令牌必须签发给谁，如 UI 的 client id",
		"where the provider's keys are (default: as its discovery document says)": "提供方密钥所在地址（默认：按其发现文档）",
		"claim that a token must have, like groups=hr; may be repeated":           "令牌必须有的声明，如 groups=hr；可重复",
		"certificate, to serve https":                                             "证书，用于 https",
		"the certificate's key":                                                   "证书的私钥",
	}
}
