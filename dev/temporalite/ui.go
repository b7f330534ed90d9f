package temporalite

import (
	uiserver "github.com/temporalio/ui-server/v2/server"
	uiconfig "github.com/temporalio/ui-server/v2/server/config"
	"github.com/temporalio/ui-server/v2/server/server_options"
)

// webUI is Temporal's Web UI.
type webUI struct {
	server *uiserver.Server
	done   chan struct{}
}

func startUI(ports ports, namespace string) *webUI {
	ui := &webUI{
		server: uiserver.NewServer(server_options.WithConfigProvider(&uiconfig.Config{
			TemporalGRPCAddress: address(ports.frontend), Host: loopback, Port: ports.ui,
			EnableUI: true, DefaultNamespace: namespace, HideLogs: true, DisableNewsFetch: true,
			CORS: uiconfig.CORS{CookieInsecure: true},
		})),
		done: make(chan struct{}),
	}
	go func() {
		defer close(ui.done)
		_ = ui.server.Start() // It returns nil, or ends the process with its own message.
	}()
	return ui
}

func (u *webUI) stop() {
	u.server.Stop()
	<-u.done
}
