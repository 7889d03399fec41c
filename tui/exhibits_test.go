package tui

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/evidence"
	"github.com/goperf/goperf/report"
)

// exhibitOf is an exhibit written down: columns as "name:unit", and a row for
// each further line, its cells between bars.
func exhibitOf(id, title, columns string, lines ...string) report.Exhibit {
	t := &report.Table{}
	for c := range strings.SplitSeq(columns, "|") {
		name, unit, _ := strings.Cut(c, ":")
		t.Columns = append(t.Columns, report.Column{Name: name, Unit: unit})
	}
	for _, l := range lines {
		var row []report.Cell
		for i, text := range strings.Split(l, "|") {
			cell := report.Cell{Text: text}
			if v, err := strconv.ParseFloat(text, 64); err == nil && t.Columns[i].Unit != "" {
				cell = report.Cell{Value: v}
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return report.Exhibit{ID: id, Title: title, Table: t}
}

// shopExhibits is what is known of the shop beside findings and profiles.
func shopExhibits() []report.Exhibit {
	return []report.Exhibit{
		exhibitOf("memory", "Where 131 MiB of resident memory are", "part|size:B|share:ratio|meaning",
			"live heap|43202576|0.31|reachable at the last collection, by the heap profile",
			"newer or dead|47185920|0.34|made since that collection, live or dead is not known; and what died since",
			"stacks|2202009|0.016|of goroutines and of threads that the runtime made, which is so much that it needs another line to be told",
			"free, not returned|20971520|0.15|kept for the next growth",
			"not Go's heap|24117248|0.18|binary, shared libraries, cgo",
			"resident (RSS)|137363456|1|"),
		exhibitOf("growth", "Growth of the live heap by site, over 6 profiles", "per hour:B/h|±:B/h|now:B|site|line",
			"32505856|2306867|22020096|example.com/shop/cart.(*Server).ServeHTTP|cart.go:40", "102400|4194304|1048576|encoding/json.Marshal|encode.go:9"),
		exhibitOf("frontier-data", "Settings, for programs", "gogc|gomemlimit:B|figures|verdict|why|cycles:count/s|gc:cores|gc_low:cores|gc_high:cores|rss:B|rss_low:B|rss_high:B|limited:ratio|role",
			"25|0|none|tiny-heap||||||||||",
			"50|0|predicted|ok||4.2|0.41|0.36|0.47|104857600|99614720|110100480|0|",
			"100|0|measured|ok||2.1|0.24|0.24|0.24|137363456|137363456|137363456|0|now",
			"400|482344960|predicted|ok||0.5|0.064|0.05|0.08|275775488|262144000|288358400|0.02|recommended",
			"off|482344960|predicted|assists||0.1|0.028|0.02|0.04|482344960|471859200|492830720|0.9|"),
		exhibitOf("recommendation", "Recommendation", "what|advice",
			"risk now|green: none seen", "recommend|GOGC=400 GOMEMLIMIT=460MiB (the knee)", "effect|GC CPU −73 % (0.24 cores → 0.064 cores, 90 %: 0.05–0.08)"),
		exhibitOf("waits", "Where threads wait", "blocked:s|for a CPU:s|waits:count|state|system call|where",
			"1.5|0.02|120|sleeping|futex|example.com/shop/price.Quote", "0.5|0.2|4000|uninterruptible|openat|regexp.compile", "0|0.7|900|preempted||example.com/shop/cart.(*Server).ServeHTTP"),
		exhibitOf("trace-requests", "What requests spend their time on, by the trace of 2 s", "time:s|share:ratio|what",
			"1.7|0.53|select", "0.887|0.28|network", "0.358|0.11|running", "0.25|0.08|ready, no processor"),
		exhibitOf("trace-waits", "Where goroutines wait, by the trace of 2 s", "waited:s|waits:count|longest:s|reason|at",
			"4.1|82|0.0535|select|example.com/shop/cart.(*Server).ServeHTTP", "2|1|2|chan receive|example.com/shop/store.Open"),
		{ID: "trace-lengths-0", Title: "Single waits", Histogram: &report.Histogram{Unit: "s", Bounds: []float64{0.005, 0.01, 0.02, 0.05, 0.1}, Counts: []float64{3, 41, 30, 8}}},
		{ID: "trace-lengths-1", Title: "Single waits", Histogram: &report.Histogram{Unit: "s", Bounds: []float64{1, 2}, Counts: []float64{0}}},
		exhibitOf("offcpu-who-ended-whose-waits", "Who ended whose waits", "blocked:s|waits:count|waiting|woken by",
			"1.4|110|example.com/shop/price.Quote|example.com/shop/store.Open", "0.3|40|example.com/shop/price.Quote|[interrupt, kernel or another process]"),
		exhibitOf("wall-goroutine-time-by-state", "Goroutine time by state", "share:ratio|goroutines:count|state", "0.85|460|IO wait", "0.1|55|sync.Mutex.Lock", "0.05|27|select"),
		{ID: "sched-run-queue-latency", Title: "Run-queue latency", Histogram: &report.Histogram{Unit: "s", Bounds: []float64{0, 1e-5, 1e-4, 1e-3, 1e-2}, Counts: []float64{0, 40, 10, 0}}},
		exhibitOf("tcp-anomalies", "Anomalies", "after:s|for:s|value:count|anomaly|of|code|what",
			"2|18.4|812|close-wait|10.0.9.4:5432|example.com/shop/store.Open|the peer has closed 812 connections and this process has not: file descriptors leak"),
		exhibitOf("tcp-tcp-peers", "TCP peers", "opened:count|failed:count|closed:count|open:count|connect p50:s|p99:s|max:s|dir|peer|failures",
			"3506|0|3250|256|–|–|–|in|10.0.0.7 ▶ :8080|", "900|12|24|876|0.0004|0.0011|0.002|out|10.0.9.4:5432|12 × refused"),
		exhibitOf("tcp-round-trips-and-retransmissions", "Round trips and retransmissions", "rtt p50:s|p99:s|min:s|var:s|segments:count|sent again:ratio|sent:B|received:B|dir|peer",
			"0.0004|0.0012|0.0001|0.0001|4000|0.039|96000|240000|out|10.0.9.4:5432"),
		exhibitOf("tcp-open-connections", "Open connections", "count:count|new:count|rtt p50:s|rtt p99:s|to read:B|to send:B|idle:s|dir|peer|state|code",
			"812|40|0.0004|0.0011|812|0|1324|out|10.0.9.4:5432|CLOSE_WAIT|example.com/shop/store.Open", "64|1|0.0004|0.0012|0|0|760|out|10.0.9.4:5432|ESTABLISHED|example.com/shop/store.Open", "256|0|0.0003|0.002|0|1200000|9|in|10.0.0.7 ▶ :8080|ESTABLISHED|"),
		exhibitOf("tcp-connections-one-by-one", "Connections one by one", "remote|dir|fd|state|idle:s|age:s|connect:s|accept wait:s|srtt:s|sent again:count|sent:B|received:B|local|goroutine|code",
			"10.0.9.4:5432|out|91|CLOSE_WAIT|1324|1324|0.0004|–|0.0004|0|900|1200|10.0.3.7:41022|12|example.com/shop/store.Open", "10.0.9.4:5432|out|92|ESTABLISHED|1|760|0.0004|–|0.0004|3|900|1200|10.0.3.7:41030|13|example.com/shop/store.Open",
			"10.0.0.7:5022|in|17|ESTABLISHED|1|9|–|0.0001|0.0003|0|1|1|10.0.3.7:8080||"),
		exhibitOf("tcp-what-connections-use-up", "What connections use up", "used:count|limit:count|share:ratio|more a minute:count|exhausted in:s|what", "1288|4096|0.31|40|4200|file descriptors"),
		{ID: "tcp-rtt", Title: "Round trips", Series: &report.Series{Unit: "s", Times: []float64{0, 1, 2, 3}, Lines: []report.Line{{Name: "p99", Values: []float64{0.001, 0.002, 0.004, 0.001}}}}},
	}
}

// compared is what a comparison of the shop says.
func compared() []report.Exhibit {
	const columns = "|change:ratio|low:ratio|high:ratio|verdict|would find:ratio"
	return []report.Exhibit{
		exhibitOf("diff-changes", "What changed", "change:ratio|low:ratio|high:ratio|of|why",
			"0.35|0.28|0.42|cpu|regexp.compile is called twice as often from price.Quote; with it changed regexp.MustCompile", "0.04|0.03|0.05|cpu|brand.New is new"),
		exhibitOf("diff-totals", "Totals per request, with the 95 % interval of the change", "what|before:count|after:count"+columns,
			"cpu|4.31 ms|4.84 ms|0.124|0.06|0.18|▲ worse|0.03", "alloc_bytes|210 kB|209 kB|-0.005|-0.02|0.01|no change|0.02"),
		exhibitOf("diff-open", "What these data do not tell", "change:ratio|of|what would settle it", "0.009|cpu of runtime.scanobject|about 14 more pairs"),
		exhibitOf("diff-functions-cpu", "cpu by function per request, in shares of the total, with the 95 % interval of the change", "function|before:s|after:s"+columns,
			"regexp.compile|0.35|0.7|0.35|0.28|0.42|▲ worse|0.05", "brand.New NEW|0|0.09|0.09|0.05|0.13|▲ worse|0.05", "_Cfunc_hash GONE|0.05|0|-0.05|-0.08|-0.02|▼ better|0.05", "runtime.scanobject|0.25|0.26|0.009|-0.03|0.05|cannot tell|0.08"),
		exhibitOf("diff-noise", "How sure: noise and more", "metric|samples before:count|after:count|functions:count|noise:count|would find:ratio|machine and load", "cpu|99|138|14|1.2|0.05|per request"),
	}
}

// overTime is numbers of a window.
func overTime() (all []report.Exhibit) {
	for _, n := range []struct {
		name, unit string
		values     []float64
	}{{"CPU", "cores", []float64{0.9, 1, 0.99}}, {"goroutines", "count", []float64{4, 6, 9, 15}}, {"heap objects", "B", []float64{1 << 20, 4 << 20, 10 << 20}}, {"heap goal", "B", []float64{12 << 20, 12 << 20, 21 << 20}}, {"file descriptors", "count", []float64{1200, 1230, 1288}}} {
		times := make([]float64, len(n.values))
		for i := range times {
			times[i] = float64(5 * i)
		}
		all = append(all, report.Exhibit{Title: n.name, Series: &report.Series{Unit: n.unit, Times: times, Lines: []report.Line{{Name: n.name, Values: n.values}}}})
	}
	return all
}

// gone is a service that ended while it was looked at.
func gone(t testing.TB) *Data {
	d := shop(t)
	d.Title, d.Live, d.Lost, d.Numbers = "http://127.0.0.1:6060", true, true, overTime()
	d.Report.Gaps = append(d.Report.Gaps, report.Gap{Want: "heap", Why: "connection refused", Hint: "is the service running?"})
	return d
}

// diagnosing is a service of which all has come, while the rules are run.
func diagnosing(t testing.TB) *Data {
	d := shop(t)
	d.Title, d.Live, d.Report, d.Numbers = "http://127.0.0.1:6060", true, nil, overTime()
	d.Collecting = &Collecting{Doing: "diagnosing"}
	return d
}

// begun is a file of which nothing is known yet.
func begun(testing.TB) *Data {
	return &Data{Title: "shop.goperf", Collecting: &Collecting{Doing: "reading"}}
}

// empty is a bundle without anything in it.
func empty(testing.TB) *Data {
	return &Data{Title: "shop.goperf", Report: &report.Report{Schema: report.Schema}}
}

// bundled is evidence from a file.
func bundled(t testing.TB) *Data {
	d := shop(t)
	d.Recorded, d.Numbers = start, overTime()
	return d
}

func comparison() *report.Report {
	r := shopReport()
	r.Exhibits, r.Unjudged = compared(), true
	r.Vitals = []report.Fact{{Text: "runs before", Value: 8, Unit: "count"}, {Text: "runs after", Value: 8, Unit: "count"}}
	return r
}

// hostile has names that would like to act on the terminal.
func hostile(t testing.TB) *Data {
	p := parsed(t, "x 1\ny;z 3", "cpu")
	evil := "main.\x1b]8;;http://evil\x1b\\link\x1b[2J\n\t\u202eevil日本語\u0301\u0301\u0301\u0301"
	for i := range p.Functions {
		p.Functions[i].Name = fmt.Sprint(evil, i)
		p.Functions[i].File = evil
	}
	dump := evidence.GoroutineDump{Goroutines: []evidence.GoroutineState{{ID: 1, State: evil, Frames: []evidence.DumpFrame{{Function: evil, File: evil, Line: 1}}, CreatedBy: evidence.DumpFrame{Function: evil}}}}
	d := &Data{Title: "evil\x1b[2J", Profiles: []Profile{{Kind: "cpu\x1b[2J", Profile: p}}, Groups: Groups([]evidence.GoroutineDump{dump}, nil), Report: shopReport()}
	d.Report.Findings[0].Title = evil
	d.Report.Findings[0].Where[0] = report.Frame{Function: evil, File: evil, Line: 3}
	d.Report.Exhibits = append(d.Report.Exhibits, compared()...)
	for _, e := range d.Report.Exhibits { // the table of each is made anew for each report
		if e.Table == nil {
			continue
		}
		for _, row := range e.Table.Rows {
			for k := range row {
				if row[k].Text != "" && e.Table.Columns[k].Unit == "" {
					row[k].Text = evil + row[k].Text
				}
			}
		}
	}
	return d
}

func TestStackOfWait(t *testing.T) {
	d := shop(t)
	off := parsed(t, shopCPU, "cpu")
	off.SampleTypes[0].Type, off.SampleTypes[1].Type = "blocked", "runqueue"
	d.Profiles = append(d.Profiles, Profile{Kind: "offcpu", Profile: off})
	o := &offCPU{}
	o.set(d)
	frames := o.heaviest("", "", "example.com/shop/price.Quote")
	if len(frames) < 3 || frames[0].Function != "regexp.compile" {
		t.Errorf("%v: want the heaviest stack with price.Quote, leaf first", frames)
	}
	if got := o.heaviest("sleeping", "", "example.com/shop/price.Quote"); got != nil {
		t.Errorf("%v: no sample has this state", got)
	}
}

func TestMembersOfPeer(t *testing.T) {
	d := shop(t)
	screen := &tcp{}
	screen.set(d)
	fds := func() (all []string) {
		for _, p := range screen.parts {
			if m, ok := p.show.(*members); ok {
				_, n := m.lay(100)
				for i := range n {
					all = append(all, m.cell(i, "fd").Text)
				}
			}
		}
		return all
	}
	if got := strings.Join(fds(), " "); got != "91 92" {
		t.Errorf("connections %q of the peer with most open ones, want 91 92", got)
	}
	if !screen.pane(1) {
		t.Error("there is no next part")
	}
	screen.act(up)
	if got := strings.Join(fds(), " "); got != "17" {
		t.Errorf("connections %q of the incoming peer, want 17", got)
	}
	if !screen.pane(1) {
		t.Error("there is no next part")
	}
	if got := strings.Join(fds(), " "); got != "91" {
		t.Errorf("connections %q of the first group, want 91: the other is in another state", got)
	}
}

// A number is whole, or it is not there at all.
func TestNumbersAreNotCut(t *testing.T) {
	for _, e := range append(shopExhibits(), compared()...) {
		if e.Table == nil {
			continue
		}
		s := plainSheet(e.Table)
		for width := leastWidth / 2; width < 150; width++ {
			s.lay(width)
			for i := range s.cells {
				text := s.row(i).words()
				for _, k := range s.shown {
					if s.columns[k].kind == quantity && !strings.Contains(text, s.cells[i][k]) {
						t.Fatalf("%s at %d: %q lacks %q", e.ID, width, text, s.cells[i][k])
					}
				}
			}
		}
	}
}

// A saved report may be of another version, or of somebody else's making: columns
// that a screen looks for may not be there.
func TestColumnsMissing(t *testing.T) {
	all := append(shopExhibits(), compared()...)
	for n, e := range all {
		if e.Table == nil {
			continue
		}
		for k := -1; k < len(e.Table.Columns); k++ {
			less := e
			less.Table = &report.Table{}
			for i, c := range e.Table.Columns {
				if i != k && k >= 0 {
					less.Table.Columns = append(less.Table.Columns, c)
				}
			}
			for _, row := range e.Table.Rows {
				var cells []report.Cell
				for i, c := range row {
					if i != k && k >= 0 {
						cells = append(cells, c)
					}
				}
				less.Table.Rows = append(less.Table.Rows, cells)
			}
			d := &Data{Title: "report.json", Report: &report.Report{Schema: report.Schema, Exhibits: append([]report.Exhibit{less}, all[n+1:]...)}}
			m := began(t, d, trueColor, 120, 36)
			m.press("5", "j", "tab", "k", "6", "j", "tab", "7", "j", "tab", "j", "8", "tab", "j", "0")
			checkFrame(t, m)
			if err := Plain(t.Context(), io.Discard, d, Options{}); err != nil {
				t.Error(err)
			}
		}
	}
}

// Parts of the memory have letters, in the bar and before their rows: there are more
// of them than colours.
func TestPartsOfABarAreNamed(t *testing.T) {
	lines := []string{"a|1|0.2|", "b|1|0.1|", "c|1|0.1|", "d|1|0.1|", "e|1|0.1|", "f|1|0.1|", "g|1|0.3|"}
	table := exhibitOf("memory", "Memory", "part|size:B|share:ratio|meaning", lines...).Table
	s := &stacked{sheet: newSheet(table, column{of: "part", kind: word}, column{of: "share", bar: true}), of: "share", label: "part"}
	head, rows := s.lay(100)
	for i := range rows {
		want := string("ABCDEFG"[i])
		if got := head[0].pieces[i].text; !strings.HasPrefix(got, " "+want+" "+string("abcdefg"[i])) {
			t.Errorf("box %d of the bar is called %q", i, got)
		}
		if got := s.row(i).pieces[1].text; got != want {
			t.Errorf("row %d is called %q, want %q", i, got, want)
		}
	}
}
