package kernel

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRoundTrip(t *testing.T) {
	at := time.Date(2026, 11, 25, 18, 0, 0, 0, time.UTC)
	m := &Measurement{
		Probe: "sched", From: at, To: at.Add(10 * time.Second),
		Counts:     []Count{{"migrations", 12, "count"}},
		Histograms: []Histogram{{"run-queue latency", "s", []float64{0, 1e-6, 1e-3}, []uint64{7, 1 << 60}}},
		Tables:     []Table{{"by thread", []Column{{Name: "thread"}, {Name: "wait", Unit: "s"}}, [][]Cell{{{Text: "\x1b[31mred"}, {Value: 0.5}}}}},
		Losses:     []Loss{{"wake-ups without room", 0, 300}, {"others", 2, 0}},
		Notes:      []string{"the target ended"},
	}
	data, err := Encode(m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(m, got); d != "" {
		t.Errorf("what was read differs from what was written (-want +got):\n%s", d)
	}
	if v, ok := got.Count("migrations"); !ok || v != 12 {
		t.Errorf("Count = %v, %v", v, ok)
	}
	if _, ok := got.Count("never measured"); ok {
		t.Error("Count knows what was not measured")
	}
	if got.Lost() != 2 || got.Window() != 10*time.Second {
		t.Errorf("Lost = %d, Window = %v", got.Lost(), got.Window())
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`{`, "unexpected end"},
		{`{}`, "which probe"},
		{`{"probe":"x","histograms":[{"name":"h","bounds":[0],"counts":[1]}]}`, "1 counts want 2 bounds"},
		{`{"probe":"x","histograms":[{"name":"h","bounds":[0,0],"counts":[1]}]}`, "do not rise"},
		{`{"probe":"x","tables":[{"name":"t","columns":[{"name":"a"}],"rows":[[{},{}]]}]}`, "2 cells of 1"},
	} {
		_, err := Decode([]byte(c.in))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Decode(%s) = %v, want %q", c.in, err, c.want)
		}
	}
}
