package platform

import (
	"encoding/json"
)

// PushEvent pushes any event through the usual machinery, as if the company had brought it about. corpID may name a stranger's;
// empty is the company's. Data that is no JSON object is pushed as it is.
func (p *Platform) PushEvent(eventType, corpID string, data json.RawMessage) string {
	var object map[string]any
	if json.Unmarshal(data, &object) == nil && object != nil {
		e := newEvent(eventType, object)
		e.corpID = corpID
		p.publish(e)
		return e.id
	}
	e := event{id: unique(16), kind: eventType, corpID: corpID, data: data}
	p.publish(e)
	return e.id
}

// PushRaw writes any text to one connection as a frame of its own, and says whether there was one.
func (p *Platform) PushRaw(text []byte) bool {
	c := p.anyConnection()
	return c != nil && c.write(text) == nil
}

// Disconnect announces the end of every connection by a disconnect frame; they are closed after the grace.
func (p *Platform) Disconnect() int {
	grace := p.Settings().Grace
	return p.each(func(c *connection) { p.leave(c, grace) })
}

// Cut closes every connection without a word.
func (p *Platform) Cut() int {
	return p.each(func(c *connection) { p.alter(c, func(c *connection) { c.close() }) })
}

// Silence makes every present connection half-open: nothing is sent and nothing that comes is heard.
func (p *Platform) Silence() int {
	return p.each(func(c *connection) { p.alter(c, func(c *connection) { c.silent = true }) })
}

// Connections that are open.
func (p *Platform) Connections() int { return p.each(func(*connection) {}) }

func (p *Platform) each(act func(*connection)) int {
	p.mu.Lock()
	list := make([]*connection, 0, len(p.connections))
	for _, c := range p.connections {
		list = append(list, c)
	}
	p.mu.Unlock()
	for _, c := range list {
		act(c)
	}
	return len(list)
}
