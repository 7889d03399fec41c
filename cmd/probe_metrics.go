package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/goperf/goperf/ebpf/tcp"
)

// tcpMetrics is what the tcp probe tells, as metrics for Prometheus. No label has
// values that the network chooses: addresses stand in the log of events.
type tcpMetrics struct {
	mu       sync.Mutex
	events   map[string]uint64
	failures map[string]uint64
	seconds  map[string]*spread
	state    tcp.State
}

func newTCPMetrics() *tcpMetrics {
	return &tcpMetrics{events: map[string]uint64{}, failures: map[string]uint64{}, seconds: map[string]*spread{}}
}

// event counts one event.
func (m *tcpMetrics) event(e tcp.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.events[e.Kind]++
	switch e.Kind {
	case tcp.Connected:
		m.took("connect", e.Connect)
	case tcp.Accepted:
		m.took("accept-wait", e.Queued)
	case tcp.Failed:
		m.failures[e.Error]++
	case tcp.Closed:
		m.took("rtt", e.RTT)
		m.took("duration", e.Duration)
	}
}

func (m *tcpMetrics) took(what string, seconds float64) {
	if m.seconds[what] == nil {
		m.seconds[what] = &spread{}
	}
	m.seconds[what].observe(seconds)
}

// look keeps what the last look at the sockets saw.
func (m *tcpMetrics) look(s tcp.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = s
}

// ServeHTTP implements [http.Handler].
func (m *tcpMetrics) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", expositionType)
	_, _ = w.Write(m.text()) // who asked has gone
}

func (m *tcpMetrics) text() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	var e exposition
	s := m.state
	each(&e, "goperf_tcp_events_total", "counter", "Connections opened, accepted, closed and refused, and anomalies that began.", "event", m.events)
	each(&e, "goperf_tcp_connect_failures_total", "counter", "Connects that failed, by reason.", "reason", m.failures)
	e.histograms("goperf_tcp_seconds", "Connect latency, wait to be accepted, smoothed round trip and duration of connections.", "what", m.seconds)
	for _, g := range []struct {
		name, kind, help string
		value            float64
	}{
		{"goperf_tcp_segments_total", "counter", "Segments sent.", float64(s.Segments)},
		{"goperf_tcp_retransmits_total", "counter", "Segments sent again.", float64(s.Retransmits)},
		{"goperf_tcp_sent_bytes_total", "counter", "Payload sent.", float64(s.Sent)},
		{"goperf_tcp_received_bytes_total", "counter", "Payload received.", float64(s.Received)},
		{"goperf_tcp_listen_drops_total", "counter", "Connections that listeners dropped.", float64(s.Dropped)},
		{"goperf_tcp_lost_total", "counter", "What the probe itself lost.", float64(s.Lost)},
		{"goperf_tcp_accept_queue", "gauge", "Connections that wait to be accepted.", float64(s.Queued)},
		{"goperf_tcp_half_open", "gauge", "Handshakes that are not complete.", float64(s.HalfOpen)},
		{"goperf_tcp_file_descriptors", "gauge", "File descriptors that are open.", float64(s.Descriptors)},
		{"goperf_tcp_file_descriptor_limit", "gauge", "File descriptors that may be open.", float64(s.DescriptorLimit)},
	} {
		e.family(g.name, g.kind, g.help)
		e.sample(g.name, g.value)
	}
	each(&e, "goperf_tcp_connections", "gauge", "Connections that the process holds, by state.", "state", s.Open)
	each(&e, "goperf_tcp_anomalies", "gauge", "What is wrong now, by kind.", "kind", s.Anomalies)
	return e.text
}

// serveMetrics serves metrics until it is stopped. An address without a host is
// on loopback: metrics say who talks to whom.
func serveMetrics(ctx context.Context, env Env, address string, metrics http.Handler) (stop func() error, err error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usageError("for example: --metrics :9464", "--metrics: %q: want host:port or :port", address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, usageError("is another port free?", "--metrics: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/metrics", metrics)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	fmt.Fprintf(env.Stderr, "goperf: metrics on http://%v/metrics\n", l.Addr())
	return func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}
