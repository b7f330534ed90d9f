package seal

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"
)

// The vectors of https://c2sp.org/XAES-256-GCM; of both keys one makes CMAC's
// subkey carry and one does not.
func TestXAESVectors(t *testing.T) {
	for _, vector := range []struct {
		key         byte
		bound, want string
	}{
		{1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"},
		{3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"},
	} {
		x, err := newXAES(bytes.Repeat([]byte{vector.key}, keySize))
		require.NoError(t, err)
		nonce := []byte("ABCDEFGHIJKLMNOPQRSTUVWX")
		sealed, err := x.seal(nonce, []byte("XAES-256-GCM"), []byte(vector.bound))
		require.NoError(t, err)
		require.Equal(t, vector.want, hex.EncodeToString(sealed[nonceSize:]))
		opened, err := x.open(sealed, []byte(vector.bound))
		require.NoError(t, err)
		require.Equal(t, "XAES-256-GCM", string(opened))
	}
}
