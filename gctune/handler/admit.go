package handler

import (
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"strings"
)

// passedOn are headers that a proxy or a web page adds: then the address that
// the connection comes from says nothing of who asks.
const passedOn = "Forwarded X-Forwarded-For X-Real-Ip Via Origin Sec-Fetch-Site"

// admit says who may not ask.
func (h *Handler) admit(r *http.Request) *refusal {
	token, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !h.options.Loopback && h.options.Token == "":
		return forbidden("the handler is off", "mount it with Options{Loopback: true} or Options{Token: ...}")
	case h.options.Token != "" && given && equal(token, h.options.Token):
		return nil
	case h.options.Token != "" && given || !h.options.Loopback:
		return &refusal{status: http.StatusUnauthorized, Error: "the token is missing or wrong", Hint: "send the header Authorization: Bearer TOKEN"}
	case !local(r):
		return forbidden("only who is on this machine may ask", "ask over the loopback interface, or mount the handler with a token")
	}
	for name := range strings.FieldsSeq(passedOn) {
		if r.Header.Get(name) != "" {
			return forbidden("a request with the header "+name+" comes from elsewhere", "ask directly, or mount the handler with a token")
		}
	}
	return nil
}

func forbidden(why, hint string) *refusal {
	return &refusal{status: http.StatusForbidden, Error: why, Hint: hint}
}

// equal compares in a time that tells nothing of the token, its length included.
func equal(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// local says that a request comes from this machine and is meant for it: a name
// that was made to resolve to this machine is another's.
func local(r *http.Request) bool {
	if a, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && a.Network() == "unix" {
		return true
	}
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && loopback(from) && loopback(hostname(r.Host))
}

func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}

func loopback(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}
