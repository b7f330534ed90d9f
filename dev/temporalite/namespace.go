package temporalite

import (
	"fmt"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/server/schema/sqlite"
	"google.golang.org/protobuf/types/known/durationpb"
)

// retention of closed runs: long enough to look back at in development.
const retention = 7 * 24 * time.Hour

// ensureNamespace writes the namespace into the database, which needs no running server, unless it is there. The
// function comes with the schema for SQLite and works through whatever plugin the configuration names.
func ensureNamespace(sql SQL, name string) error {
	attributes := map[string]enumspb.IndexedValueType{}
	for _, attribute := range []string{"DakaUserId", "DakaWorkDate", "DakaEventType", "DakaOutcome"} {
		attributes[attribute] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	}
	namespace, err := sqlite.NewNamespaceConfig(clusterName, name, false, attributes)
	if err != nil {
		return fmt.Errorf("describe namespace %s: %w", name, err)
	}
	namespace.Detail.Config.Retention = durationpb.New(retention)
	if err := sqlite.CreateNamespaces(sqlConfig(sql, mainDatabase, 1), namespace); err != nil {
		return fmt.Errorf("create namespace %s: %w", name, err)
	}
	return nil
}
