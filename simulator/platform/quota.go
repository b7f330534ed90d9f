package platform

import "strings"

// PushOverQuota: what becomes of a push beyond the month's quota. The page of the event subscription tells both: that no more events
// are received this month, and that messages arrive without content but with errCode 20001.
const (
	OverQuotaStop  = "stop"
	OverQuotaEmpty = "empty"
)

// emptied is the data of a message without content.
const emptied = `{"errCode":"20001","errMsg":"受调用量超量影响，当前我的消息服务已经暂停。请联系你所在的组织管理员并予以处理"}`

// meter counts what a month's quota bounds. The platform's own clock says which month it is, in the company's zone.
type meter struct {
	month string
	spent int
}

// turn begins a new month if there is one; it needs the lock.
func (p *Platform) turn(m *meter) {
	if month := p.now().In(p.company.Location()).Format("2006-01"); month != m.month {
		*m = meter{month: month}
	}
}

// withinQuota counts a billed call against the month's quota. One that is refused is not billed.
func (p *Platform) withinQuota() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(&p.billed)
	if p.settings.CallQuota > 0 && p.billed.spent >= p.settings.CallQuota {
		return false
	}
	p.billed.spent++
	return true
}

// Billed counts the calls of this month that the quota counts.
func (p *Platform) Billed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(&p.billed)
	return p.billed.spent
}

// charge counts a push, each attempt, against the month's quota; over it frames stop, or arrive without content.
func (p *Platform) charge(d *delivery) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(&p.pushed)
	if exempt(d.EventType) {
		return d.Data, true
	}
	p.pushed.spent++
	if p.settings.PushQuota == 0 || p.pushed.spent <= p.settings.PushQuota {
		return d.Data, true
	}
	return emptied, p.settings.PushOverQuota == OverQuotaEmpty
}

// exempt are the events of people, departments and roles: they cost nothing.
func exempt(eventType string) bool {
	for _, prefix := range []string{"user_", "org_", "label_"} {
		if strings.HasPrefix(eventType, prefix) {
			return true
		}
	}
	return false
}

// Pushes counts this month's pushes, those beyond the quota too.
func (p *Platform) Pushes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.turn(&p.pushed)
	return p.pushed.spent
}
