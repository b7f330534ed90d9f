package seal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/proto"
)

// What stands in the metadata of a sealed payload. The names are those of
// Temporal's own samples.
const (
	Encoding      = "binary/encrypted"
	MetadataKeyID = "encryption-key-id"
)

// form begins the authenticated data, so that another form can never be taken
// for this one.
const form = "dakasync/seal/1"

// Codec seals and opens the payloads of one company. It implements Temporal's
// PayloadCodec and may be used concurrently.
type Codec struct {
	ring   Ring
	corpID string
	block  bool // panic where an error would end a run
}

// NewCodec makes the codec of a company. An empty ring seals nothing.
func NewCodec(ring Ring, corpID string) *Codec { return &Codec{ring: ring, corpID: corpID} }

// Encode seals, if the ring has a key to seal with. What is sealed already, as
// a payload that is handed on unread, stays as it is.
func (c *Codec) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	if !c.ring.Seals() {
		return payloads, nil
	}
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if Sealed(p) {
			sealed[i] = p
			continue
		}
		one, err := c.seal(p)
		if err != nil {
			return nil, err
		}
		sealed[i] = one
	}
	return sealed, nil
}

// Decode opens what is sealed and passes through what is not.
func (c *Codec) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, p := range payloads {
		if !Sealed(p) {
			opened[i] = p
			continue
		}
		one, err := c.open(p)
		if err != nil {
			if c.block {
				panic(err) // see WithWorkflowContext
			}
			return nil, err
		}
		opened[i] = one
	}
	return opened, nil
}

// Sealed reports whether a payload has the sealed form.
func Sealed(p *commonpb.Payload) bool {
	return string(p.GetMetadata()[converter.MetadataEncoding]) == Encoding
}

// KeyOf is the id of the key that a payload is sealed with; "" for none.
func KeyOf(p *commonpb.Payload) string {
	if !Sealed(p) {
		return ""
	}
	return string(p.GetMetadata()[MetadataKeyID])
}

func (c *Codec) seal(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := c.ring.sealer
	text, err := proto.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("seal a payload: %w", err)
	}
	nonce := make([]byte, nonceSize, nonceSize+len(text)+tagSize)
	_, _ = rand.Read(nonce) // it never fails: without randomness the process ends
	data, err := c.ring.keys[id].seal(nonce, text, c.bound(id))
	if err != nil {
		return nil, fmt.Errorf("seal a payload: %w", err)
	}
	return &commonpb.Payload{
		Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), MetadataKeyID: []byte(id)},
		Data:     data,
	}, nil
}

func (c *Codec) open(p *commonpb.Payload) (*commonpb.Payload, error) {
	id := KeyOf(p)
	key := c.ring.keys[id]
	if key == nil {
		return nil, &UnknownKeyError{ID: id}
	}
	text, err := key.open(p.GetData(), c.bound(id))
	if err != nil {
		return nil, &BrokenError{ID: id, Cause: err}
	}
	opened := &commonpb.Payload{}
	if err := proto.Unmarshal(text, opened); err != nil {
		return nil, &BrokenError{ID: id, Cause: err}
	}
	return opened, nil
}

// bound is what a payload is authenticated with: where it is from. The run is
// not among it, since whoever opens a payload need not know its run: the Temporal
// UI asks the codec server about payloads alone, and a schedule starts runs with
// a payload that was sealed before they had an id.
func (c *Codec) bound(id string) []byte {
	var b []byte
	for _, part := range []string{form, c.corpID, id} {
		b = binary.AppendUvarint(b, uint64(len(part)))
		b = append(b, part...)
	}
	return b
}
