package grown

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"dakasync/attendance"
	"dakasync/dev/bench/rig"
	"dakasync/postgres"
)

// A fill verifies itself against the ledger; a row that is another one must be found.
func TestAFilledLedgerIsWhatTheLedgerWrites(t *testing.T) {
	ctx := t.Context()
	dir, remove, err := rig.NewFolder()
	require.NoError(t, err)
	defer func() { require.NoError(t, remove()) }()
	server, err := postgres.Start(ctx, postgres.Options{Dir: dir, Volatile: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, server.Stop(ctx)) }()
	b := &bench{server: server, last: attendance.DateOf(time.Now(), zone).AddDays(-1)}
	defer b.close(t.Context())
	require.NoError(t, b.learn(ctx))
	s, err := b.fill(ctx, "filled", size{people: smallPeople, dates: smallDates, kept: 3})
	require.NoError(t, err)
	b.ledgers = append(b.ledgers, s)

	_, err = s.sql.Exec(ctx, `UPDATE dakasync.punch SET check_type = 'OnDuty' WHERE check_type = 'OffDuty'`)
	require.NoError(t, err)
	sql, err := pgx.Connect(ctx, server.URL("filled"))
	require.NoError(t, err)
	defer func() { require.NoError(t, sql.Close(ctx)) }()
	again, err := b.open(ctx, "again")
	require.NoError(t, err)
	defer again.close(t.Context())
	f := &fill{size: s.size, last: b.last, templates: b.templates, sql: sql}
	_, err = sql.Exec(ctx, `SET timezone = 'UTC'`)
	require.NoError(t, err)
	require.ErrorIs(t, f.verify(ctx, model{store: again.store, sql: again.sql}), errDiffers)
}

func TestPeopleClockInTwiceADay(t *testing.T) {
	var clockings int
	for _, s := range shapes() {
		clockings += len(s.clockings)
		if s.madeUp != extra {
			clockings++ // the approval stands for it
		}
	}
	require.Equal(t, 2*len(shapes()), clockings)
}
