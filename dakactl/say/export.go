package say

// exportWords are what export says, and the columns and values of its tables.
func exportWords() map[string]string {
	return map[string]string{
		"Write days or months for payroll, as CSV or XLSX": "为算薪导出按天或按月的 CSV 或 XLSX",
		"Writes a row for each person and day, or each person and month, as the ledger has it now: everybody who was in contacts, and\neverybody of whom anything is known. A row says whether it is final; what is not final must not be paid from yet, and in\nXLSX it is coloured. Nobody is asked: fetch days again with resync. The ledger knows no names and no departments.": "按账本现状，每人每天或每人每月一行：通讯录里的所有人，以及账本里有记录的人。每行都说明是否已定稿；\n未定稿的还不能用来发薪，在 XLSX 里以底色标出。不询问钉钉：要重新拉取请用 resync。\n账本里没有姓名和部门。",
		"DingTalk user id; repeat it for several (default: everybody)":                           "钉钉 userid；可重复给出多个（默认：所有人）",
		"a row for each day or each month":                                                       "每天一行（day）或每月一行（month）",
		"csv or xlsx (default: by the file's name, else csv)":                                    "csv 或 xlsx（默认：看文件名，否则 csv）",
		"file to write, readable by its owner alone; - is standard output (the default for csv)": "要写的文件，只有所有者可读；- 为标准输出（csv 的默认）",
		"language of headers and values, zh or en (default: by LC_ALL, LC_MESSAGES, LANG)":       "表头和内容的语言，zh 或 en（默认：看 LC_ALL、LC_MESSAGES、LANG）",
		"begin a CSV with a byte order mark, so that Excel reads Chinese":                        "在 CSV 开头写 BOM，让 Excel 正确显示中文",

		"%d of %d people":                  "%d / %d 人",
		"wrote %d rows of %d people to %s": "写了 %d 行，%d 人，到 %s",
		"standard output":                  "标准输出",
		"all of them are final":            "全部已定稿",
		"%d of them are NOT FINAL, and must not be paid from yet": "其中 %d 行未定稿，还不能用来发薪",

		"attendance": "考勤", "yes": "是", "no": "否", "unknown": "未知", "; ": "；",
		"not complete": "数据不完整", "not settled": "结果未结清", "never asked about": "从未询问", "unexplained punch": "有无法解释的打卡",
		"approval not asked about": "有审批未核实",
		"user_id":                  "用户ID", "work_date": "日期", "month": "月份", "from": "起", "to": "止", "days": "天数", "final_days": "已定稿天数",
		"scheduled": "有排班", "scheduled_days": "排班天数", "days_with_punches": "有打卡天数", "slots": "应打卡次数",
		"normal": "正常", "late": "迟到", "serious_late": "严重迟到", "early": "早退", "absent": "旷工迟到", "not_signed": "缺卡", "other_results": "其他结果",
		"first_punch": "首次打卡", "last_punch": "末次打卡", "unexplained_punches": "无法解释的打卡数", "make_ups": "补卡",
		"leave": "请假", "overtime": "加班", "trip": "出差", "out": "外出", "make_up": "补卡", "other": "其他",
		"leave_days": "请假天数", "overtime_days": "加班天数", "trip_days": "出差天数", "out_days": "外出天数",
		"version": "版本", "asked_at": "最近询问时间",
		"OnDuty": "上班", "OffDuty": "下班", "Normal": "正常", "Late": "迟到", "SeriousLate": "严重迟到", "Early": "早退",
		"Absenteeism": "旷工迟到", "NotSigned": "缺卡",
	}
}
