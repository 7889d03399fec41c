package cmd

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/promhttp"

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
	promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
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
