package source

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"

	"github.com/goperf/goperf/report"
)

// trouble is why a request gave nothing, and what would help.
type trouble struct {
	kind      troubleKind
	why, hint string
}

type troubleKind int

const (
	noTrouble   troubleKind = iota
	refused                 // 401, 403
	missing                 // 404
	busy                    // somebody else uses the profiler or the tracer
	tooLong                 // the server does not hold a connection for so long
	cut                     // the connection ended in the middle
	silent                  // no answer in time
	interrupted             // the user stopped it
	notAProfile             // an answer, but another one
	unreachable             // no connection
	otherTrouble
)

const (
	hintAuth   = "log in with --bearer-file, --basic, --header or --cert and --key, or check the one that was given"
	hintWindow = "raise the server's WriteTimeout (or the proxy's) or set a shorter --duration"
)

// judge says what is wrong with an answer; the body is judged by kind elsewhere.
func judge(r reply) trouble {
	if r.err != nil {
		return judgeErr(r.err)
	}
	text := firstLine(r.body)
	switch {
	case r.status == http.StatusOK:
		return trouble{}
	case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
		return trouble{refused, answered(r.status, ""), hintAuth}
	case r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed:
		return trouble{missing, answered(r.status, ""), ""}
	case strings.Contains(text, "HTTP request to an HTTPS server"):
		return trouble{unreachable, "the server speaks TLS", "write https:// instead of http://"}
	case strings.Contains(text, "already in use") || strings.Contains(text, "already enabled"):
		return trouble{busy, strings.TrimPrefix(strings.TrimPrefix(text, "Could not enable CPU profiling: "), "Could not enable tracing: "), ""}
	case strings.Contains(text, "WriteTimeout"):
		return trouble{tooLong, text, hintWindow}
	case r.status == http.StatusServiceUnavailable || r.status == http.StatusGatewayTimeout:
		return trouble{tooLong, answered(r.status, text), "a proxy or http.TimeoutHandler gives up before the window ends: ask the service directly or set a shorter --duration"}
	case r.status == http.StatusBadGateway:
		return trouble{cut, answered(r.status, text), "a proxy lost the service: ask the service directly"}
	}
	return trouble{otherTrouble, answered(r.status, text), ""}
}

func answered(status int, text string) string {
	s := fmt.Sprintf("the target answered %d %s", status, http.StatusText(status))
	if text != "" {
		s += ": " + text
	}
	return s
}

func judgeErr(err error) trouble {
	var netErr net.Error
	switch {
	case errors.Is(err, context.Canceled):
		return trouble{interrupted, "stopped by the user", ""}
	case errors.Is(err, errTooLarge):
		return trouble{otherTrouble, err.Error(), ""}
	case errors.Is(err, context.DeadlineExceeded) || errors.As(err, &netErr) && netErr.Timeout():
		return trouble{silent, "no answer in time", "is the service stalled, or is a proxy in between?"}
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE):
		return trouble{cut, "the connection was cut", ""}
	}
	if t, ok := judgeConnect(err); ok {
		return t
	}
	return trouble{otherTrouble, shortErr(err), ""}
}

// judgeConnect knows the ways in which there is no connection at all.
func judgeConnect(err error) (trouble, bool) {
	var (
		dns       *net.DNSError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	text := shortErr(err)
	hint := ""
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		text, hint = "connection refused", "is the service running, and is this the port that serves net/http/pprof?"
	case errors.As(err, &dns):
		hint = "no such host is known here: check the name"
	case errors.Is(err, os.ErrNotExist):
		text, hint = "there is no such socket", "is the service running?"
	case errors.Is(err, os.ErrPermission):
		hint = "run goperf as the user that owns the socket"
	case errors.As(err, &authority):
		hint = "trust its certificate with --cacert FILE, or do not check it with --insecure"
	case errors.As(err, &host), errors.As(err, &invalid):
		hint = "use the name in the certificate, or do not check it with --insecure"
	case errors.As(err, &record), strings.Contains(text, "server gave HTTP response to HTTPS client"):
		text, hint = "the server does not speak TLS", "write http:// instead of https://"
	case strings.Contains(text, "malformed HTTP response"):
		text, hint = "the answer is not HTTP", "if the service speaks TLS write https://; is it the port that serves net/http/pprof?"
	case errors.As(err, &alert), strings.Contains(text, "tls: "):
		hint = "if the service wants a client certificate, give --cert and --key"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		hint = "there is no way to that address from here"
	default:
		return trouble{}, false
	}
	return trouble{unreachable, text, hint}, true
}

// unwrapURL drops the URL that http.Client puts in front: it may hold secrets,
// and whoever prints the error names the target already.
func unwrapURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

// ipPort is the local end of a connection in an error text; it changes each time.
var ipPort = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:read|write) [a-z0-9]+ \S+->\S+: `)
})

func shortErr(err error) string {
	return cutText(ipPort().ReplaceAllString(err.Error(), ""))
}

// firstLine is the first line of a body that is text, "" when it is not.
func firstLine(body []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(body[:min(len(body), 4096)]), []byte("\n"))
	if !utf8.Valid(line) || bytes.HasPrefix(line, []byte("<")) {
		return ""
	}
	return cutText(string(line))
}

func cutText(s string) string {
	const most = 160
	s = report.Clean(strings.TrimSpace(s))
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "..."
	}
	return s
}

// isHTML says whether a body is a page for people.
func isHTML(r reply) bool {
	head := bytes.ToLower(bytes.TrimSpace(r.body[:min(len(r.body), 512)]))
	return bytes.HasPrefix(head, []byte("<!doctype")) || bytes.HasPrefix(head, []byte("<html")) ||
		strings.HasPrefix(r.header.Get("Content-Type"), "text/html") && bytes.HasPrefix(head, []byte("<"))
}
