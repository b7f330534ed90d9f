package privacy_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"dakasync/privacy"
)

func TestSecretNeverPrints(t *testing.T) {
	t.Parallel()
	const text = "s3cr3t"
	s := privacy.Secret(text)
	in := struct {
		S privacy.Secret            `json:"s"`
		P *privacy.Secret           `json:"p"`
		M map[string]privacy.Secret `json:"m"`
	}{s, &s, map[string]privacy.Secret{"m": s}}

	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10s"} {
		fmt.Fprintf(&printed, verb+"\n", s)
		fmt.Fprintf(&printed, verb+"\n", in)
	}
	fmt.Fprintln(&printed, s, fmt.Errorf("no: %v", s)) // the formatting is what is tested
	b, err := json.Marshal(in)
	require.NoError(t, err)
	printed.Write(b)
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "s", s, "in", in)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "s", s, "in", in)

	require.NotContains(t, printed.String(), text)
	require.NotContains(t, printed.String(), fmt.Sprintf("%x", text))
	require.Contains(t, printed.String(), "<secret>")
	require.Equal(t, text, s.Reveal())
}
