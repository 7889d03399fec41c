package cmd

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/goperf/goperf/ebpf/tcp"
)

// What the probe tells is served in the form of Prometheus.
func TestTCPMetrics(t *testing.T) {
	m := newTCPMetrics()
	m.event(tcp.Event{Kind: tcp.Connected, Connect: 0.05})
	m.event(tcp.Event{Kind: tcp.Failed, Error: "refused"})
	m.event(tcp.Event{Kind: tcp.Leak, Subject: "10.0.9.4:5432"})
	m.look(tcp.State{Open: map[string]int{"ESTABLISHED": 7}, Anomalies: map[string]int{tcp.Leak: 1}, Retransmits: 3, Descriptors: 12})
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	for _, want := range []string{
		`goperf_tcp_events_total{event="connected"} 1`, `goperf_tcp_events_total{event="leak"} 1`,
		`goperf_tcp_connect_failures_total{reason="refused"} 1`, `goperf_tcp_seconds_sum{what="connect"} 0.05`,
		`goperf_tcp_connections{state="ESTABLISHED"} 7`, `goperf_tcp_anomalies{kind="leak"} 1`,
		"goperf_tcp_retransmits_total 3", "goperf_tcp_file_descriptors 12",
	} {
		if !strings.Contains(w.Body.String(), want+"\n") {
			t.Errorf("no %s in\n%s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "10.0.9.4") {
		t.Error("an address is a label: there may be any number of them")
	}
}

// Prometheus's own reader understands what is served, and its linter has nothing to say.
func TestTCPMetricsAreRead(t *testing.T) {
	m := newTCPMetrics()
	hostile := "no\n\"route\" \\ \x1b[31mto host"
	m.event(tcp.Event{Kind: tcp.Failed, Error: hostile})
	for _, s := range []float64{0, 16e-6, 17e-6, 0.05, 1e9} {
		m.event(tcp.Event{Kind: tcp.Connected, Connect: s})
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(m.text()))
	if err != nil {
		t.Fatal(err)
	}
	if got := families["goperf_tcp_connect_failures_total"].GetMetric()[0].GetLabel()[0].GetValue(); got != hostile {
		t.Errorf("a reason reads %q, want %q", got, hostile)
	}
	h := families["goperf_tcp_seconds"].GetMetric()[0].GetHistogram()
	if h.GetSampleCount() != 5 || h.GetBucket()[0].GetCumulativeCount() != 2 || h.GetBucket()[1].GetCumulativeCount() != 3 || len(h.GetBucket()) != 14 {
		t.Errorf("histogram of 0, 16 µs, 17 µs, 50 ms and 30 years: %v", h)
	}
	problems, err := promlint.New(bytes.NewReader(m.text())).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v, %v", problems, err)
	}
}

// A log of events that is full is put aside, and lines are whole.
func TestEventLogTurns(t *testing.T) {
	name := filepath.Join(t.TempDir(), "e.jsonl")
	l, err := openEventLog(Env{}, name)
	if err != nil {
		t.Fatal(err)
	}
	l.max = 100
	for range 10 {
		l.add(map[string]string{"text": strings.Repeat("x", 30)})
	}
	if err := l.close(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{name, name + ".1"} {
		data, err := os.ReadFile(file)
		if err != nil || len(data) == 0 || len(data) > 100 || !bytes.HasSuffix(data, []byte("\"}\n")) {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
}
