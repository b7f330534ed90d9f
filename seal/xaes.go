package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
)

// Sizes of XAES-256-GCM.
const (
	keySize    = 32
	nonceSize  = 24
	tagSize    = 16
	prefixSize = nonceSize - 12 // what the derived key comes from; the rest is AES-GCM's own nonce
)

// xaes is XAES-256-GCM as https://c2sp.org/XAES-256-GCM defines it.
type xaes struct {
	block  cipher.Block
	subkey [aes.BlockSize]byte // CMAC's K1
}

func newXAES(key []byte) (*xaes, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make a cipher of a key: %w", err)
	}
	x := &xaes{block: block}
	block.Encrypt(x.subkey[:], x.subkey[:])
	var carry byte
	for i := len(x.subkey) - 1; i >= 0; i-- {
		x.subkey[i], carry = x.subkey[i]<<1|carry, x.subkey[i]>>7
	}
	const polynomial = 0b10000111
	x.subkey[len(x.subkey)-1] ^= carry * polynomial
	return x, nil
}

// derive is the AES-GCM of one nonce.
func (x *xaes) derive(nonce []byte) (cipher.AEAD, error) {
	var key [keySize]byte
	for half := range 2 {
		part := key[half*aes.BlockSize : (half+1)*aes.BlockSize]
		part[1], part[2] = byte(half+1), 'X'
		copy(part[aes.BlockSize-prefixSize:], nonce)
		subtle.XORBytes(part, part, x.subkey[:])
		x.block.Encrypt(part, part)
	}
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, fmt.Errorf("derive a payload's key: %w", err)
	}
	return cipher.NewGCM(block) // It cannot fail: the block is AES.
}

// seal appends to the nonce what it makes of the text.
func (x *xaes) seal(nonce, text, bound []byte) ([]byte, error) {
	aead, err := x.derive(nonce)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce[prefixSize:], text, bound), nil
}

// open is the reverse of seal.
func (x *xaes) open(sealed, bound []byte) ([]byte, error) {
	if len(sealed) < nonceSize+tagSize {
		return nil, fmt.Errorf("it is cut off after %d bytes", len(sealed))
	}
	nonce := sealed[:nonceSize]
	aead, err := x.derive(nonce)
	if err != nil {
		return nil, err
	}
	return aead.Open(nil, nonce[prefixSize:], sealed[nonceSize:], bound) // The caller says whose.
}
