package source

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/goperf/goperf/evidence"
)

// A plan for the collector asks for MemStats pages again and again, keeps them
// without their samples, takes the trace last and forces nothing.
func TestCollectorPlan(t *testing.T) {
	tg := &target{on: map[string]http.HandlerFunc{}}
	window := time.Second
	tg.on["profile"] = func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(window) // pages come beside it
		w.Write(canned.cpu)
	}
	c := collect(t, serve(t, tg), Plan{Collector: true, Duration: 3 * time.Second})
	count := map[evidence.Kind]int{}
	for _, b := range c.Blobs {
		count[b.Kind]++
		if b.Kind != evidence.HeapText {
			continue
		}
		if !bytes.Contains(b.Data, []byte("\n# HeapAlloc = ")) || bytes.Contains(b.Data, []byte("@ 0x")) {
			t.Errorf("%s holds samples, or no numbers:\n%.300s", b.Name, b.Data)
		}
	}
	if count[evidence.HeapText] < 3 || count[evidence.CPU] == 0 || count[evidence.Trace] != 1 {
		t.Errorf("pieces of evidence %v", count)
	}
	for _, kind := range []evidence.Kind{evidence.Heap, evidence.Goroutine, evidence.Mutex, evidence.Block, evidence.GoroutineText} {
		if count[kind] > 0 {
			t.Errorf("%s was asked for", kind)
		}
	}
	for _, asked := range tg.requests("heap") {
		if strings.Contains(asked, "gc=") {
			t.Errorf("a collection was forced: %s", asked)
		}
	}
	set := evidence.Decode(c)
	if len(set.Memory) != count[evidence.HeapText] || set.Traced.From.IsZero() {
		t.Errorf("%d pages of %d were read, trace from %v", len(set.Memory), count[evidence.HeapText], set.Traced.From)
	}
}
