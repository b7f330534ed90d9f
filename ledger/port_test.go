package ledger_test

import (
	"dakasync/activities"
	"dakasync/ledger"
)

var _ activities.Ledger = (*ledger.Store)(nil)
