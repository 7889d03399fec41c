package cmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/goperf/goperf/ebpf/tcp"
)

// tcpMetrics is what the tcp probe tells, as metrics for Prometheus. No label has
// values that the network chooses: addresses stand in the log of events.
type tcpMetrics struct {
	registry *prometheus.Registry
	events   *prometheus.CounterVec
	failures *prometheus.CounterVec
	seconds  *prometheus.HistogramVec

	mu    sync.Mutex
	state tcp.State
}

func newTCPMetrics() *tcpMetrics {
	m := &tcpMetrics{
		registry: prometheus.NewRegistry(),
		events:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "goperf_tcp_events_total", Help: "Connections opened, accepted, closed and refused, and anomalies that began."}, []string{"event"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "goperf_tcp_connect_failures_total", Help: "Connects that failed, by reason."}, []string{"reason"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "goperf_tcp_seconds", Help: "Connect latency, wait to be accepted, smoothed round trip and duration of connections.",
			Buckets: prometheus.ExponentialBuckets(16e-6, 4, 13),
		}, []string{"what"}),
	}
	m.registry.MustRegister(m.events, m.failures, m.seconds, m)
	return m
}

// event counts one event.
func (m *tcpMetrics) event(e tcp.Event) {
	m.events.WithLabelValues(e.Kind).Inc()
	switch e.Kind {
	case tcp.Connected:
		m.seconds.WithLabelValues("connect").Observe(e.Connect)
	case tcp.Accepted:
		m.seconds.WithLabelValues("accept-wait").Observe(e.Queued)
	case tcp.Failed:
		m.failures.WithLabelValues(e.Error).Inc()
	case tcp.Closed:
		m.seconds.WithLabelValues("rtt").Observe(e.RTT)
		m.seconds.WithLabelValues("duration").Observe(e.Duration)
	}
}

// look keeps what the last look at the sockets saw.
func (m *tcpMetrics) look(s tcp.State) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state = s
}

// gauge is one number of the last look.
type gauge struct {
	name, help string
	kind       prometheus.ValueType
	value      float64
}

// Describe implements [prometheus.Collector]: what there is depends on the look.
func (m *tcpMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements [prometheus.Collector].
func (m *tcpMetrics) Collect(to chan<- prometheus.Metric) {
	m.mu.Lock()
	s := m.state
	m.mu.Unlock()
	for _, g := range []gauge{
		{"goperf_tcp_segments_total", "Segments sent.", prometheus.CounterValue, float64(s.Segments)},
		{"goperf_tcp_retransmits_total", "Segments sent again.", prometheus.CounterValue, float64(s.Retransmits)},
		{"goperf_tcp_sent_bytes_total", "Payload sent.", prometheus.CounterValue, float64(s.Sent)},
		{"goperf_tcp_received_bytes_total", "Payload received.", prometheus.CounterValue, float64(s.Received)},
		{"goperf_tcp_listen_drops_total", "Connections that listeners dropped.", prometheus.CounterValue, float64(s.Dropped)},
		{"goperf_tcp_lost_total", "What the probe itself lost.", prometheus.CounterValue, float64(s.Lost)},
		{"goperf_tcp_accept_queue", "Connections that wait to be accepted.", prometheus.GaugeValue, float64(s.Queued)},
		{"goperf_tcp_half_open", "Handshakes that are not complete.", prometheus.GaugeValue, float64(s.HalfOpen)},
		{"goperf_tcp_file_descriptors", "File descriptors that are open.", prometheus.GaugeValue, float64(s.Descriptors)},
		{"goperf_tcp_file_descriptor_limit", "File descriptors that may be open.", prometheus.GaugeValue, float64(s.DescriptorLimit)},
	} {
		to <- prometheus.MustNewConstMetric(prometheus.NewDesc(g.name, g.help, nil, nil), g.kind, g.value)
	}
	open := prometheus.NewDesc("goperf_tcp_connections", "Connections that the process holds, by state.", []string{"state"}, nil)
	for state, n := range s.Open {
		to <- prometheus.MustNewConstMetric(open, prometheus.GaugeValue, float64(n), state)
	}
	wrong := prometheus.NewDesc("goperf_tcp_anomalies", "What is wrong now, by kind.", []string{"kind"}, nil)
	for kind, n := range s.Anomalies {
		to <- prometheus.MustNewConstMetric(wrong, prometheus.GaugeValue, float64(n), kind)
	}
}

// serveMetrics serves metrics until it is stopped. An address without a host is
// on loopback: metrics say who talks to whom.
func serveMetrics(ctx context.Context, env Env, address string, registry *prometheus.Registry) (stop func() error, err error) {
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
	mux.Handle("/metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
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
