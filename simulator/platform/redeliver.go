package platform

// Redeliver publishes every event of the history once more, in order of birth, with the same id, birth time and data: to a second
// ledger that was brought up later. Those that were dropped or failed are among them, and no chance drops, delays or fails
// them before they are pushed. The history still has one delivery of each, which begins anew: pending and without attempts. What was
// under way is called off; the failed list keeps what is on it. It returns how many events there are.
func (p *Platform) Redeliver() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	for index, d := range p.deliveries {
		d.replaced = true
		fresh := &delivery{event: d.event, Delivery: Delivery{
			EventID: d.EventID, EventType: d.EventType, BornAt: d.BornAt, Data: d.Data, State: StatePending,
		}}
		p.deliveries[index] = fresh
		p.ready = append(p.ready, fresh)
	}
	p.failures = nil
	p.unsettled += len(p.deliveries)
	p.wake.Broadcast()
	return len(p.deliveries)
}
