package seal_test

import (
	"encoding/base64"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"dakasync/seal"
)

const corp = "dingcorp"

func codec(t *testing.T, keys string) *seal.Codec {
	t.Helper()
	return seal.NewCodec(ring(t, keys), corp)
}

func plain(t *testing.T, value any) *commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(value)
	require.NoError(t, err)
	return p
}

func one(t *testing.T, convert func([]*commonpb.Payload) ([]*commonpb.Payload, error), p *commonpb.Payload) *commonpb.Payload {
	t.Helper()
	got, err := convert([]*commonpb.Payload{p})
	require.NoError(t, err)
	require.Len(t, got, 1)
	return got[0]
}

// Whatever a payload is, it comes back as it was, and nothing of it can be read
// meanwhile.
func TestSealedPayloadsComeBack(t *testing.T) {
	c := codec(t, "a:"+key(1))
	rapid.Check(t, func(r *rapid.T) {
		p := &commonpb.Payload{
			Metadata: map[string][]byte{"encoding": []byte("json/plain"), rapid.String().Draw(r, "name"): rapid.SliceOf(rapid.Byte()).Draw(r, "meta")},
			Data:     rapid.SliceOf(rapid.Byte()).Draw(r, "data"),
		}
		if seal.Sealed(p) { // the drawn name was "encoding"
			return
		}
		before := proto.Clone(p)
		sealed := one(t, c.Encode, p)
		require.True(t, proto.Equal(before, p), "the given payload is not ours to change")
		require.Len(t, sealed.GetMetadata(), 2)
		require.Equal(t, "binary/encrypted", string(sealed.GetMetadata()["encoding"]))
		require.Equal(t, "a", string(sealed.GetMetadata()["encryption-key-id"]))
		if len(p.GetData()) > 8 {
			require.NotContains(t, string(sealed.GetData()), string(p.GetData()))
		}
		require.True(t, proto.Equal(p, one(t, c.Decode, sealed)))
	})
}

func TestTheSamePayloadIsNeverSealedAlike(t *testing.T) {
	c := codec(t, "a:"+key(1))
	first, second := one(t, c.Encode, plain(t, "x")), one(t, c.Encode, plain(t, "x"))
	require.NotEqual(t, first.GetData(), second.GetData())
}

// A form that other programs, and later releases, must be able to open.
func TestFormIsKept(t *testing.T) {
	data, err := base64.StdEncoding.DecodeString(sealedInRelease1)
	require.NoError(t, err)
	opened := one(t, codec(t, "b:"+key(2)+",a:"+key(1)).Decode, &commonpb.Payload{
		Metadata: map[string][]byte{"encoding": []byte("binary/encrypted"), "encryption-key-id": []byte("a")}, Data: data,
	})
	require.True(t, proto.Equal(plain(t, map[string]string{"user_id": "u1"}), opened))
}

func TestRotation(t *testing.T) {
	old, both, clearing := codec(t, "a:"+key(1)), codec(t, "b:"+key(2)+",a:"+key(1)), codec(t, "clear,b:"+key(2)+",a:"+key(1))
	ofOld, ofNew, never := one(t, old.Encode, plain(t, 1)), one(t, both.Encode, plain(t, 1)), plain(t, 1)
	require.Equal(t, "b", string(ofNew.GetMetadata()[seal.MetadataKeyID]))
	for _, p := range []*commonpb.Payload{ofOld, ofNew, never} {
		require.True(t, proto.Equal(plain(t, 1), one(t, both.Decode, p)), "a mixed history is readable")
		require.True(t, proto.Equal(plain(t, 1), one(t, clearing.Decode, p)), "also when nothing is sealed any more")
	}
	require.True(t, proto.Equal(never, one(t, clearing.Encode, never)))
	require.Same(t, ofOld, one(t, both.Encode, ofOld), "what is sealed is not sealed again")
}

func TestWhatDoesNotOpenSaysWhy(t *testing.T) {
	sealed := one(t, codec(t, "a:"+key(1)).Encode, plain(t, "x"))
	decode := func(c *seal.Codec, p *commonpb.Payload) error {
		_, err := c.Decode([]*commonpb.Payload{plain(t, "before"), p})
		require.Error(t, err)
		return err
	}
	for name, c := range map[string]*seal.Codec{"another key": codec(t, "b:"+key(1)), "no key": seal.NewCodec(seal.Ring{}, corp), "clear": codec(t, "clear")} {
		err := decode(c, sealed)
		var unknown *seal.UnknownKeyError
		require.ErrorAs(t, err, &unknown, name)
		require.Equal(t, "a", unknown.ID)
		require.ErrorContains(t, err, `"a"`)
		require.ErrorContains(t, err, "DAKASYNC_PAYLOAD_KEYS")
	}
	changed := func(change func(*commonpb.Payload)) *commonpb.Payload {
		p := proto.Clone(sealed).(*commonpb.Payload)
		change(p)
		return p
	}
	for name, test := range map[string]struct {
		codec *seal.Codec
		p     *commonpb.Payload
	}{
		"the id of another key": {codec(t, "a:"+key(2)), sealed},
		"another company":       {seal.NewCodec(ring(t, "a:"+key(1)), "dingother"), sealed},
		"the first byte":        {codec(t, "a:"+key(1)), changed(func(p *commonpb.Payload) { p.Data[0] ^= 1 })},
		"the last byte":         {codec(t, "a:"+key(1)), changed(func(p *commonpb.Payload) { p.Data[len(p.GetData())-1] ^= 1 })},
		"cut off":               {codec(t, "a:"+key(1)), changed(func(p *commonpb.Payload) { p.Data = p.GetData()[:39] })},
		"nothing":               {codec(t, "a:"+key(1)), changed(func(p *commonpb.Payload) { p.Data = nil })},
		"the same key by another id": {
			codec(t, "a:"+key(1)+",b:"+key(1)), changed(func(p *commonpb.Payload) { p.Metadata[seal.MetadataKeyID] = []byte("b") }),
		},
	} {
		var broken *seal.BrokenError
		require.ErrorAs(t, decode(test.codec, test.p), &broken, name)
	}
}

// A run is not ended for want of a key: within a workflow the task fails.
func TestMissingKeysBlockRuns(t *testing.T) {
	sealed, err := codec(t, "a:"+key(1)).DataConverter().ToPayloads("x")
	require.NoError(t, err)
	var text string
	without := seal.NewCodec(seal.Ring{}, corp).DataConverter()
	var unknown *seal.UnknownKeyError
	require.ErrorAs(t, without.FromPayloads(sealed, &text), &unknown)

	aware, ok := without.(converter.ContextAware)
	require.True(t, ok)
	require.ErrorAs(t, aware.WithContext(t.Context()).FromPayloads(sealed, &text), &unknown, "an activity, or a client, is told")
	defer func() {
		err, isError := recover().(error)
		require.True(t, isError)
		require.ErrorAs(t, err, &unknown)
	}()
	_ = aware.WithWorkflowContext(nil).FromPayloads(sealed, &text)
	require.Fail(t, "it did not panic")
}

// Of a failure its text and its trace are sealed, and come back; its type stays,
// since retrying goes by it.
func TestFailures(t *testing.T) {
	var options client.Options
	codec(t, "a:"+key(1)).Seal(&options)
	failure := options.FailureConverter.ErrorToFailure(temporal.NewApplicationErrorWithCause("user 0225 is unknown", "Refused", errors.New("of 0225"), "user 0225"))
	encoded, err := proto.Marshal(failure)
	require.NoError(t, err)
	require.NotContains(t, string(encoded), "0225")
	require.Contains(t, string(encoded), "Refused")

	var back *temporal.ApplicationError
	require.ErrorAs(t, options.FailureConverter.FailureToError(failure), &back)
	require.Equal(t, "user 0225 is unknown", back.Message())
	var detail string
	require.NoError(t, back.Details(&detail))
	require.Equal(t, "user 0225", detail)

	var off client.Options
	seal.NewCodec(seal.Ring{}, corp).Seal(&off)
	require.Equal(t, "as it is", off.FailureConverter.ErrorToFailure(errors.New("as it is")).GetMessage())
}

func TestManyPayloadsKeepTheirOrder(t *testing.T) {
	c := codec(t, "a:"+key(1))
	payloads := []*commonpb.Payload{plain(t, 1), plain(t, 2), plain(t, 3)}
	sealed, err := c.Encode(payloads)
	require.NoError(t, err)
	sealed[1] = payloads[1]
	opened, err := c.Decode(sealed)
	require.NoError(t, err)
	for i := range payloads {
		require.True(t, proto.Equal(payloads[i], opened[i]))
	}
}

func BenchmarkSeal(b *testing.B) {
	r, err := seal.ParseRing("a:" + key(1))
	require.NoError(b, err)
	c := seal.NewCodec(r, corp)
	payloads := []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: make([]byte, 2000)}}
	b.SetBytes(2000)
	for b.Loop() {
		sealed, err := c.Encode(payloads)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Decode(sealed); err != nil {
			b.Fatal(err)
		}
	}
}

// sealedInRelease1 is {"user_id":"u1"} of dingcorp under the key a.
const sealedInRelease1 = "h9K5T5/4iSwobEq80dtjpM3nwn55IhV6NtF/P9t85yNs8t0j1K6QYm48bVFYvaErNCSnRCgQoYw8cEBmGZUOBSHg+DSe8nSmN1N5brSl8iwgdw=="
