package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dakasync/config"
	"dakasync/ops"
	"dakasync/privacy"
	"dakasync/seal/codecserver"
)

// Bounds of the codec server's connections.
const (
	codecHeaderTime = 5 * time.Second
	codecTime       = 30 * time.Second
	codecIdleTime   = 2 * time.Minute
	codecStopTime   = 5 * time.Second
)

// codecFlags are how the codec server is called.
type codecFlags struct {
	listen            string
	origins           []string
	secretFile        string
	oidc              codecserver.OIDCOptions
	certFile, keyFile string
}

func (a *app) codecCommand() *cobra.Command {
	var f codecFlags
	c := &cobra.Command{
		Use:   "codec --origin URL (--secret-file FILE | --oidc-issuer URL --oidc-audience ID)",
		Short: "Serve what is encrypted in Temporal in clear, to those who may read it",
		Long: "Serves as codec server for the Temporal UI (its setting codec.endpoint) and the temporal command (--codec-endpoint,\n" +
			"--codec-auth \"Bearer …\"), with the keys of DAKASYNC_PAYLOAD_KEYS, until it is interrupted. Whoever asks must have the shared\n" +
			"secret or a token of the identity provider. With the secret a browser signs in on /login; the UI must then include credentials\n" +
			"and be on the same site. The UI hands its user's token on to an https address only.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.serveCodec(c.Context(), f) },
	}
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8082", "address to listen on")
	c.Flags().StringSliceVar(&f.origins, "origin", nil, "origin of the Temporal UI, like http://127.0.0.1:8233; may be repeated")
	c.Flags().StringVar(&f.secretFile, "secret-file", "", "file that holds the shared secret, of at least 32 characters")
	c.Flags().StringVar(&f.oidc.Issuer, "oidc-issuer", "", "identity provider whose tokens are good")
	c.Flags().StringVar(&f.oidc.Audience, "oidc-audience", "", "whom the tokens must be for, such as the UI's client id")
	c.Flags().StringVar(&f.oidc.JWKSURL, "oidc-jwks-url", "", "where the provider's keys are (default: as its discovery document says)")
	c.Flags().StringToStringVar(&f.oidc.Require, "oidc-require", nil, "claim that a token must have, like groups=hr; may be repeated")
	c.Flags().StringVar(&f.certFile, "tls-cert", "", "certificate, to serve https")
	c.Flags().StringVar(&f.keyFile, "tls-key", "", "the certificate's key")
	completeFiles(c, "secret-file", "tls-cert", "tls-key")
	return c
}

func (a *app) serveCodec(ctx context.Context, f codecFlags) error {
	settings, err := config.Load(config.ForTemporal)
	if err != nil {
		return err
	}
	if settings.Temporal.PayloadKeys.Reveal() == "" {
		return errors.New("the codec server was not started: DAKASYNC_PAYLOAD_KEYS is not set, so there is nothing that it could open")
	}
	log := ops.NewLogger(a.errOut, slog.Level(settings.Log.Level), string(settings.Log.Format))
	guards, err := f.guards(ctx)
	if err != nil {
		return fmt.Errorf("the codec server was not started: %w", err)
	}
	server := &http.Server{
		Handler:           codecserver.New(codecserver.Options{Codec: settings.PayloadCodec(), Guards: guards, Origins: f.trimmedOrigins(), Log: log}),
		ReadHeaderTimeout: codecHeaderTime, ReadTimeout: codecTime, WriteTimeout: codecTime, IdleTimeout: codecIdleTime,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	listener, scheme, err := f.listener(ctx)
	if err != nil {
		return fmt.Errorf("the codec server was not started: %w", err)
	}
	a.sayf("the codec server listens on %s://%s", scheme, listener.Addr())
	context.AfterFunc(ctx, func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), codecStopTime)
		defer cancel()
		_ = server.Shutdown(end) // what does not end in time is cut off with the process
	})
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("the codec server ended: %w", err)
	}
	return nil
}

// guards are those that the flags name; a server without one would open
// everything to everybody.
func (f codecFlags) guards(ctx context.Context) ([]codecserver.Guard, error) {
	var guards []codecserver.Guard
	if f.oidc.Issuer != "" || f.oidc.Audience != "" || f.oidc.JWKSURL != "" || len(f.oidc.Require) > 0 {
		guard, err := codecserver.NewOIDC(ctx, f.oidc)
		if err != nil {
			return nil, err
		}
		guards = append(guards, guard)
	}
	if f.secretFile != "" {
		text, err := os.ReadFile(f.secretFile)
		if err != nil {
			return nil, fmt.Errorf("--secret-file: %w", err)
		}
		guard, err := codecserver.NewSecret(privacy.Secret(strings.TrimRight(string(text), "\r\n")))
		if err != nil {
			return nil, fmt.Errorf("--secret-file: %w", err)
		}
		guards = append(guards, guard)
	}
	if len(guards) == 0 {
		return nil, errors.New("nobody could read with it; give --secret-file, or --oidc-issuer and --oidc-audience")
	}
	return guards, nil
}

// trimmedOrigins are the origins as browsers write them.
func (f codecFlags) trimmedOrigins() []string {
	origins := make([]string, 0, len(f.origins))
	for _, origin := range f.origins {
		origins = append(origins, strings.TrimRight(origin, "/"))
	}
	return origins
}

// listener listens with TLS if there is a certificate.
func (f codecFlags) listener(ctx context.Context) (net.Listener, string, error) {
	var config *tls.Config
	if f.certFile != "" || f.keyFile != "" {
		certificate, err := tls.LoadX509KeyPair(f.certFile, f.keyFile)
		if err != nil {
			return nil, "", fmt.Errorf("--tls-cert and --tls-key: %w", err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
	if err != nil {
		return nil, "", fmt.Errorf("--listen: %w", err)
	}
	if config == nil {
		return listener, "http", nil
	}
	return tls.NewListener(listener, config), "https", nil
}
