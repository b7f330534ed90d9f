package platform

import (
	"encoding/json"
	"net/http"

	"github.com/gorilla/websocket"
)

// openConnection is POST /v1.0/gateway/connections/open: a ticket for one websocket (Stream protocol).
func (p *Platform) openConnection(c *call) {
	var request struct {
		ClientID      string `json:"clientId"`
		ClientSecret  string `json:"clientSecret"`
		Subscriptions []struct {
			Type  string `json:"type"`
			Topic string `json:"topic"`
		} `json:"subscriptions"`
	}
	if err := json.Unmarshal(c.body, &request); err != nil {
		c.refuseNew(http.StatusBadRequest, "invalidParameter", "请求参数不合法")
		return
	}
	if request.ClientID != p.clientID || request.ClientSecret != p.clientSecret {
		c.refuseNew(http.StatusUnauthorized, "authFailed", "鉴权失败")
		return
	}
	ticket := unique(16)
	p.mu.Lock()
	p.tickets[ticket] = p.now().Add(p.settings.TicketLife)
	p.mu.Unlock()
	c.answer(map[string]any{"endpoint": "ws://" + c.request.Host + "/connect", "ticket": ticket})
}

// takeTicket spends a ticket: it is good for one connection, and for TicketLife.
func (p *Platform) takeTicket(ticket string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.tickets[ticket]
	delete(p.tickets, ticket)
	return ok && p.now().Before(until) && !p.closed
}

// connect is the websocket endpoint.
func (p *Platform) connect(w http.ResponseWriter, r *http.Request) {
	if !p.takeTicket(r.URL.Query().Get("ticket")) {
		http.Error(w, `{"code":"invalidTicket","message":"ticket is unknown, used or expired"}`, http.StatusUnauthorized)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := newConnection(unique(8), socket)
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		c.close()
		return
	}
	p.connections[c.id] = c
	p.reckonBlindTime()
	p.wake.Broadcast()
	p.loops.Go(func() { p.tend(c) })
	p.mu.Unlock()
	p.logger.Info("stream connection opened", "connection", c.id)
	c.read()
	p.mu.Lock()
	delete(p.connections, c.id)
	p.reckonBlindTime()
	p.mu.Unlock()
	p.logger.Info("stream connection closed", "connection", c.id)
}
