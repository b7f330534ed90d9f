package say

// planWords are what plan says.
func planWords() map[string]string {
	return map[string]string{
		"employee": "人", "shift": "个班次", "time": "次",
		"seconds": "几秒", "1 minute": "1 分钟", "5 minutes": "5 分钟", "15 minutes": "15 分钟", "an hour": "1 小时", "the next morning": "次日早晨",
		"events are answered": "处理方式", "events": "事件", "sweep": "核对", "schedules": "排班", "failed pushes": "失败推送", "calls a month": "每月调用",
		"pushes": "推送", "fresh within": "最迟", "edition": "版本", "yuan a year": "元/年", "pushes a month": "每月推送", "no bound": "不限",
		"0 times": "0 次", "%s (%d where that would take over a twentieth of the calls)": "%s（若超过调用的二十分之一则 %d 次）",
		"%s calls": "%s 次调用", "%s pushes": "%s 次推送", "calls without bound": "调用不限", "pushes without bound": "推送不限", "%s (%s and %s a month)": "%s（每月 %s、%s）",
		"%s, %g punches a day on %g days a month: %s punches.":                                                                               "%s，每天打卡 %g 次，每月 %g 天：共 %s 次打卡。",
		"Answering %s instead of %s costs %s yuan a year more, for %s (%s).":                                                                 "处理方式“%s”比“%s”每年多花 %s 元，需要 %s（%s）。",
		"More freshness costs calls, and no money: %s suffices for all.":                                                                     "更快只多花调用，不多花钱：%s 全都够用。",
		"Wanted: events are answered %s, which takes %s calls and %s pushes a month; %s (%s) suffices, for %s yuan a year.":                  "所求：处理方式“%s”，每月 %s 次调用、%s 次推送；%s（%s）够用，每年 %s 元。",
		"With %s a month would begin so:":                                                                                                    "用 %s，一个月会这样开始：",
		"Reckoned for a month of 31 days: %s, %.0f %% of the people within the busiest hour, %g approvals a month and person, failed pushes": "按 31 天的月份估算：%s，最忙一小时占 %.0f %% 的人，每人每月 %g 张审批；推送失败列表",
		"read daily %s, and %d %% of the calls kept for what people ask for. The flags change that.":                                         "每天读取 %s，并为人工请求保留 %d %% 的调用。选项可以改变这些。",
		"The nightly sweep alone needs no pushes: with no event ticked none come.":                                                           "仅靠夜间核对不需要推送：不勾选事件就不会有推送。",
		"%.0f %% of the people at work are there around midnight: live, one punch of theirs a day is asked about twice.":                     "%.0f %% 的在岗人员在午夜前后上班：立即处理时，他们每天有一次打卡要问两次。",
		"Editions of DingTalk, as of %s: %s":                                                                                                 "钉钉各版本，截至 %s：%s",
	}
}
