package oracle

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// Calls compares the count of calls with the platform's own. What still counts in memory must have written its sums.
func (o Oracle) Calls(ctx context.Context) ([]string, error) {
	type counts struct {
		API            string
		Calls, Counted int
	}
	rows, err := o.DB.Query(ctx, "SELECT api, sum(calls)::int, sum(counted)::int FROM dakasync.api_call GROUP BY api")
	if err != nil {
		return nil, fmt.Errorf("read the count of calls: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[counts])
	if err != nil {
		return nil, fmt.Errorf("read the count of calls: %w", err)
	}
	got := map[string]counts{}
	for _, c := range list {
		got[c.API] = c
	}
	var found []string
	want := o.Platform.Calls()
	for _, api := range slices.Sorted(maps.Keys(want)) {
		if api == "/v1.0/gateway/connections/open" {
			continue // the starter's, which calls no API
		}
		// Nobody knows whether DingTalk bills a call with a token that has expired: the ledger errs on the safe side.
		has, should := got[api], want[api]
		if has.Calls != should.Calls || has.Counted < should.Billed || has.Counted > should.Billed+should.Outcomes["invalid token"] {
			found = append(found, fmt.Sprintf("api_call of %s is %d calls, %d billed; the platform counted %d and %d",
				api, has.Calls, has.Counted, should.Calls, should.Billed))
		}
		delete(got, api)
	}
	for _, api := range slices.Sorted(maps.Keys(got)) {
		found = append(found, fmt.Sprintf("api_call has %s, which was never called", api))
	}
	return found, nil
}
