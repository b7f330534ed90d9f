package platform

import (
	"fmt"
	"net/http"
	"time"
)

// withinRate admits Settings.QPS calls to one API in any one second.
func (p *Platform) withinRate(api string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.steadyFunc()
	window := p.windows[api]
	for len(window) > 0 && now.Sub(window[0]) >= time.Second {
		window = window[1:]
	}
	admitted := p.settings.QPS <= 0 || len(window) < p.settings.QPS
	if admitted {
		window = append(window, now)
	}
	p.windows[api] = window
	return admitted
}

func (c *call) throttle(e endpoint) {
	if e.generation == modern {
		c.refuseNew(http.StatusForbidden, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "应用调用该接口的QPS超过限制，请稍后再试")
	} else {
		c.refuseWrapped("90018", "您的应用调用当前接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了")
	}
	c.outcome = callThrottled
}

func (c *call) quotaSpent(e endpoint) {
	if e.generation == modern {
		c.refuseNew(http.StatusForbidden, "Forbidden.AccessDenied.ApiCountLimitForOrg", "企业本月调用量已达上限")
	} else {
		c.refuseWrapped("90020", "企业本月API调用量已达上限")
	}
	c.outcome = callQuota
}

// GloballyThrottled is the fault "too many calls by all of DingTalk's customers" (90002), which says when it ends.
func GloballyThrottled(path string, until time.Time) Fault {
	const name = "dingtalk.oapi"
	begin, end := until.Add(-time.Second).Format(time.DateTime), until.Format(time.DateTime)
	message := "当前所有钉钉应用调用该接口次数过多，超出了该接口承受的最大qps，请求被暂时限制了，建议错开整点时刻调用该接口, " +
		fmt.Sprintf("apiPath(%s), 从 %s 到 %s 请求总次数超过 1200 次, 限制将在 %s 结束.", name, begin, begin, end)
	return Fault{
		Path: path, Times: 1, Status: http.StatusOK,
		Body: fmt.Sprintf(`{"errcode":88,"sub_code":"90002","sub_msg":%q,"errmsg":%q,"request_id":"16l4ew3d47pdp"}`,
			message, "ding talk error[subcode=90002,submsg="+message+"]"),
	}
}

// Banned is the fault of an address that called too much: an HTML page instead of an answer.
func Banned(path string, times int) Fault {
	return Fault{
		Path: path, Times: times, Status: http.StatusOK, ContentType: "text/html;charset=UTF-8",
		Body: "<!DOCTYPE html><html><head><title>405</title></head><body>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</body></html>",
	}
}

// Punished is the other face of a ban.
func Punished(path string, times int) Fault {
	return Fault{
		Path: path, Times: times, Status: http.StatusOK,
		Body: `{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"0123456789abcdef"}`,
	}
}
