// Package auth signs and verifies the tokens of customers.
package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

var key = []byte("a key that is no secret, of a shop that sells nothing")

// Sign makes the token of a customer.
func Sign(customer string) string {
	return hex.EncodeToString(digest(customer))
}

// Verify checks a token.
func Verify(customer, token string) error {
	want, err := hex.DecodeString(token)
	if err != nil || !hmac.Equal(want, digest(customer)) {
		return errors.New("auth: token does not fit the customer")
	}
	return nil
}

// digest is stretched, as digests of passwords are.
//
//go:noinline
func digest(customer string) []byte {
	mac := hmac.New(sha256.New, key)
	sum := []byte(customer)
	for range 8 {
		mac.Reset()
		mac.Write(sum)
		sum = mac.Sum(sum[:0])
	}
	return sum
}
