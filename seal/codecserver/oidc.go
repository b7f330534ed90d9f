package codecserver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// providerTime bounds each question to the identity provider.
const providerTime = 10 * time.Second

// OIDCOptions say whose tokens are good.
type OIDCOptions struct {
	Issuer   string            // who signed them
	Audience string            // whom they are for
	JWKSURL  string            // where the keys are; without it the issuer's discovery document says
	Require  map[string]string // claims that a token must have: a value, or one of a list
}

// OIDC is the guard that lets in who has a token of an identity provider: as
// bearer token, which is the access token that the Temporal UI hands on, or in
// Authorization-Extras, which is its id token.
type OIDC struct {
	verifier *oidc.IDTokenVerifier
	require  map[string]string
}

// NewOIDC makes the guard. Keys are fetched with ctx whenever they change, so it
// must live as long as the server.
func NewOIDC(ctx context.Context, o OIDCOptions) (*OIDC, error) {
	if o.Issuer == "" || o.Audience == "" {
		return nil, errors.New("OIDC needs both an issuer and an audience: without the audience every token of the issuer would be good")
	}
	ctx = oidc.ClientContext(ctx, &http.Client{Timeout: providerTime})
	config := &oidc.Config{ClientID: o.Audience}
	if o.JWKSURL != "" {
		// Signatures by a key that is public; a shared one would make its readers forgers.
		config.SupportedSigningAlgs = []string{oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA}
		return &OIDC{verifier: oidc.NewVerifier(o.Issuer, oidc.NewRemoteKeySet(ctx, o.JWKSURL), config), require: o.Require}, nil
	}
	provider, err := oidc.NewProvider(ctx, o.Issuer)
	if err != nil {
		return nil, fmt.Errorf("read the discovery document of the issuer %s (or give the keys' address): %w", o.Issuer, err)
	}
	return &OIDC{verifier: provider.VerifierContext(ctx, config), require: o.Require}, nil
}

// Allow implements Guard. The reason does not quote the token.
func (g *OIDC) Allow(r *http.Request) (string, error) {
	var tokens []string
	if token, ok := bearer(r); ok {
		tokens = append(tokens, token)
	}
	if token := r.Header.Get("Authorization-Extras"); token != "" {
		tokens = append(tokens, token)
	}
	reason := errors.New("no token of the identity provider is there (the Temporal UI hands it on to an https address only)")
	for _, token := range tokens {
		verified, err := g.verifier.Verify(r.Context(), token)
		if err != nil {
			reason = fmt.Errorf("the token is not good: %w", err)
			continue
		}
		if err := g.claims(verified); err != nil {
			reason = err
			continue
		}
		return verified.Subject, nil
	}
	return "", reason
}

// claims looks for those that a token must have.
func (g *OIDC) claims(token *oidc.IDToken) error {
	var raw json.RawMessage
	if err := token.Claims(&raw); err != nil {
		return fmt.Errorf("the token's claims cannot be read: %w", err)
	}
	var claims map[string]any
	reader := json.NewDecoder(bytes.NewReader(raw))
	reader.UseNumber() // an id of seven digits is not 1.234567e+06
	if err := reader.Decode(&claims); err != nil {
		return fmt.Errorf("the token's claims cannot be read: %w", err)
	}
	for name, want := range g.require {
		if !holds(claims[name], want) {
			return fmt.Errorf("the token is good, but its claim %s is not, or does not hold, %s", name, want)
		}
	}
	return nil
}

// holds reports whether a claim is a value, or a list with it.
func holds(claim any, want string) bool {
	if list, ok := claim.([]any); ok {
		for _, one := range list {
			if holds(one, want) {
				return true
			}
		}
		return false
	}
	return claim != nil && fmt.Sprint(claim) == want
}
