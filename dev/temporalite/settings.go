package temporalite

import (
	"maps"
	"time"

	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
)

const (
	clusterName        = "active"
	disabled           = "disabled"
	mainDatabase       = "temporal"
	visibilityDatabase = "temporal_visibility"
	historyShards      = 4

	// Every one of the four services has pools of its own: at most 4 × (15 + 5) connections in all.
	mainConnections       = 15
	visibilityConnections = 5

	looksASecond = 50 // of a shard for the next tasks of its runs
)

func serverConfig(options Options, ports ports) *config.Config {
	service := func(port int) config.Service {
		return config.Service{RPC: config.RPC{GRPCPort: port, BindOnLocalHost: true}}
	}
	return &config.Config{
		Global: config.Global{
			Membership: config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: loopback},
		},
		Persistence: config.Persistence{
			DefaultStore: mainDatabase, VisibilityStore: visibilityDatabase, NumHistoryShards: historyShards,
			DataStores: map[string]config.DataStore{
				mainDatabase:       {SQL: sqlConfig(options.SQL, mainDatabase, mainConnections)},
				visibilityDatabase: {SQL: sqlConfig(options.SQL, visibilityDatabase, visibilityConnections)},
			},
		},
		ClusterMetadata: &cluster.Config{
			FailoverVersionIncrement: 10, MasterClusterName: clusterName, CurrentClusterName: clusterName,
			ClusterInformation: map[string]cluster.ClusterInformation{
				clusterName: {Enabled: true, InitialFailoverVersion: 1, RPCAddress: address(ports.frontend)},
			},
		},
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services: map[string]config.Service{
			"frontend": service(ports.frontend), "history": service(ports.history),
			"matching": service(ports.matching), "worker": service(ports.worker),
		},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: disabled},
			Visibility: config.VisibilityArchival{State: disabled},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: disabled},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: disabled},
		}},
		PublicClient: config.PublicClient{HostPort: address(ports.frontend)},
	}
}

func sqlConfig(sql SQL, database string, connections int) *config.SQL {
	return &config.SQL{
		PluginName: postgresql.PluginNamePGX, ConnectAddr: sql.Address, ConnectProtocol: "tcp",
		User: sql.User, Password: sql.Password, DatabaseName: database,
		ConnectAttributes: map[string]string{"sslmode": "disable"},
		MaxConns:          connections, MaxIdleConns: connections, MaxConnLifetime: time.Hour,
	}
}

// dynamicConfig keeps every task queue on one partition: only then is a queue-wide rate held exactly, and the order of all that wait. Tasks
// of one priority have turns by fairness key; that needs the matcher that knows priorities, which is the server's default. A shard looks for its
// runs' next tasks 20 times a second unless told otherwise: a run of many short steps, as a sweep is, waits longer for these looks than for the steps.
func dynamicConfig(options Options) dynamicconfig.StaticClient {
	settings := map[string]any{
		dynamicconfig.MatchingNumTaskqueueReadPartitions.Key().String():  1,
		dynamicconfig.MatchingNumTaskqueueWritePartitions.Key().String(): 1,
		dynamicconfig.MatchingEnableFairness.Key().String():              true,
		dynamicconfig.TransferProcessorMaxPollRPS.Key().String():         looksASecond,
	}
	maps.Copy(settings, options.Dynamic)
	client := dynamicconfig.StaticClient{}
	for name, value := range settings {
		client[dynamicconfig.MakeKey(name)] = value
	}
	return client
}
