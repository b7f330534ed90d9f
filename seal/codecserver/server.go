package codecserver

import (
	"log/slog"
	"net/http"
	"slices"

	"go.temporal.io/sdk/converter"
)

// maxBody bounds a request. A page of a history is at most 4 MB, which base64
// and JSON make 6.
const maxBody = 8 << 20

// Headers that the Temporal UI sends along; a browser asks first.
const allowedHeaders = "Authorization, Authorization-Extras, Content-Type, X-Namespace"

// Guard says who may ask.
type Guard interface {
	// Allow names who is asking, for the log, or says why this is nobody whom it
	// knows.
	Allow(r *http.Request) (who string, err error)
}

// Options are what a codec server is made of.
type Options struct {
	Codec   converter.PayloadCodec
	Guards  []Guard  // one of them must let a request in
	Origins []string // of the pages that may ask, like https://temporal.example.com
	Log     *slog.Logger
}

type server struct {
	Options

	codec http.Handler
}

// New makes the handler:
//
//	POST /decode   payloads, as the Temporal UI and command send them, in clear
//	POST /encode   and sealed
//	     /login    where a browser is let in by the shared secret, if that is a guard
//	GET  /healthz  200
func New(o Options) http.Handler {
	s := &server{Options: o, codec: converter.NewPayloadCodecHTTPHandler(o.Codec)}
	mux := http.NewServeMux()
	for _, path := range []string{"/decode", "/encode"} {
		mux.HandleFunc("POST "+path, s.convert)
		mux.HandleFunc("OPTIONS "+path, s.preflight)
	}
	for _, guard := range o.Guards {
		if secret, ok := guard.(*Secret); ok {
			mux.Handle("/login", s.signIn(http.NewCrossOriginProtection().Handler(secret)))
		}
	}
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	return mux
}

// welcome answers for the origin: a page that may not ask is told so, and one
// that may is told that it may read the answer.
func (s *server) welcome(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Vary", "Origin")
	origin := r.Header.Get("Origin")
	switch {
	case origin == "": // not a page: the temporal command
		return true
	case !slices.Contains(s.Origins, origin):
		s.refuse(w, r, http.StatusForbidden, "pages of "+origin+" may not ask: dakactl codec --origin names those that may")
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Allow-Credentials", "true")
	return true
}

// preflight answers a browser that asks whether its page may ask.
func (s *server) preflight(w http.ResponseWriter, r *http.Request) {
	if !s.welcome(w, r) {
		return
	}
	w.Header().Set("Access-Control-Allow-Methods", http.MethodPost)
	w.Header().Set("Access-Control-Allow-Headers", allowedHeaders)
	w.Header().Set("Access-Control-Max-Age", "600")
	if r.Header.Get("Access-Control-Request-Private-Network") == "true" { // from a public page to this machine
		w.Header().Set("Access-Control-Allow-Private-Network", "true")
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *server) convert(w http.ResponseWriter, r *http.Request) {
	if !s.welcome(w, r) {
		return
	}
	who, ok := s.allow(w, r)
	if !ok {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	kept := &statusKeeper{ResponseWriter: w, status: http.StatusOK}
	s.codec.ServeHTTP(kept, r)
	s.Log.InfoContext(r.Context(), "payloads", "path", r.URL.Path, "who", who, "from", r.RemoteAddr, "status", kept.status)
}

// signIn notes who tries to sign in, and with what success.
func (s *server) signIn(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept := &statusKeeper{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(kept, r)
		switch {
		case r.Method != http.MethodPost:
		case kept.status == http.StatusOK:
			s.Log.InfoContext(r.Context(), "signed in", "from", r.RemoteAddr)
		default:
			s.Log.WarnContext(r.Context(), "refused", "path", r.URL.Path, "from", r.RemoteAddr, "status", kept.status)
		}
	})
}

// allow asks every guard.
func (s *server) allow(w http.ResponseWriter, r *http.Request) (who string, ok bool) {
	reasons := "nobody may ask"
	for i, guard := range s.Guards {
		who, err := guard.Allow(r)
		if err == nil {
			return who, true
		}
		if i == 0 {
			reasons = err.Error()
		} else {
			reasons += "; " + err.Error()
		}
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	s.refuse(w, r, http.StatusUnauthorized, reasons)
	return "", false
}

func (s *server) refuse(w http.ResponseWriter, r *http.Request, status int, why string) {
	s.Log.WarnContext(r.Context(), "refused", "path", r.URL.Path, "from", r.RemoteAddr, "status", status, "why", why)
	http.Error(w, why, status)
}

// statusKeeper remembers how a request was answered.
type statusKeeper struct {
	http.ResponseWriter

	status int
}

// WriteHeader implements http.ResponseWriter.
func (k *statusKeeper) WriteHeader(status int) {
	k.status = status
	k.ResponseWriter.WriteHeader(status)
}
