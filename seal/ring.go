package seal

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Clear in the place of the first key: what is sealed can be opened, and nothing
// new is sealed.
const Clear = "clear"

// Ring holds the keys by their ids. The zero Ring is empty: it seals nothing,
// opens nothing, and knows a sealed payload when it sees one.
type Ring struct {
	sealer string // id of the key that seals; "" for none
	keys   map[string]*xaes
}

// idPattern is what a key may be called; the name stands beside every payload.
var idPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ParseRing reads "id:base64,id:base64": keys of 32 bytes, of which the first
// one seals. Lines count as commas. An error never shows what may be a key.
func ParseRing(text string) (Ring, error) {
	r := Ring{keys: map[string]*xaes{}}
	place := 0
	for entry := range strings.FieldsFuncSeq(text, func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) }) {
		place++
		if entry == Clear {
			if place > 1 {
				return Ring{}, fmt.Errorf("the word %s may only stand in the first place", Clear)
			}
			continue
		}
		id, key, err := parseKey(entry)
		if err != nil {
			return Ring{}, fmt.Errorf("key number %d %w", place, err)
		}
		if r.keys[id] != nil {
			return Ring{}, fmt.Errorf("the id %s is there twice; every key needs an id of its own, and keeps it", id)
		}
		if r.keys[id], err = newXAES(key); err != nil {
			return Ring{}, err
		}
		if place == 1 {
			r.sealer = id
		}
	}
	if place == 0 {
		return Ring{}, errors.New("no key is there")
	}
	return r, nil
}

func parseKey(entry string) (id string, key []byte, err error) {
	id, text, found := strings.Cut(entry, ":")
	if !found || !idPattern.MatchString(id) || id == Clear {
		return "", nil, errors.New("does not begin with an id (letters, digits, dots, dashes) and a colon")
	}
	// Base64 comes with and without padding, and in two alphabets.
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	key, err = base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return "", nil, fmt.Errorf("(%s) is not base64", id) // the error would quote a part of it
	}
	if len(key) != keySize {
		return "", nil, fmt.Errorf("(%s) has %d bytes and must have %d", id, len(key), keySize)
	}
	return id, key, nil
}

// Seals reports whether new payloads are sealed.
func (r Ring) Seals() bool { return r.sealer != "" }

// Sealer is the id of the key that seals; "" if none does.
func (r Ring) Sealer() string { return r.sealer }
