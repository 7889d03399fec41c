package flame

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goperf/goperf/profile"
)

func writePage(t *testing.T, p *profile.Profile, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, build(t, p, o), HeaderOf(p, "cpu.pb.gz")); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "flame.html")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

const (
	found  = `document.getElementById("found").textContent`
	crumbs = `[...document.getElementById("crumbs").children].map((b) => b.textContent).join(" > ")`
	spoken = `document.getElementById("spoken").textContent`
)

// TestPage is what a user does with the page, in a real browser.
func TestPage(t *testing.T) {
	b := openTab(t)
	b.size(1200, 800)
	page := writePage(t, read(t, shop, "cpu"), Options{Main: "example.com/shop"})
	for _, step := range []struct {
		name string
		run  func(*testing.T, *tab)
	}{
		{"search", testSearch},
		{"zoom", testZoom},
		{"sandwich", testSandwich},
		{"types", testTypes},
		{"looks", testLooks},
		{"address", func(t *testing.T, b *tab) { testAddress(t, b, page) }},
	} {
		t.Run(step.name, func(t *testing.T) {
			b.t = t
			b.open(page, "")
			b.eval(`document.getElementById("canvas").focus()`)
			step.run(t, b)
		})
	}
	b.t = t
	for _, f := range b.faults {
		t.Errorf("the browser complains: %s", f)
	}
	for _, url := range b.loaded {
		if url != "about:blank" && !strings.HasPrefix(url, "file://"+page) {
			t.Errorf("the page asked for %s", url)
		}
	}
}

func testSearch(t *testing.T, b *tab) {
	b.key("/")
	b.call("Input.insertText", map[string]any{"text": "json"}, nil)
	b.want(found, "35.0% · 350ms · 1 function")
	b.shot("search")
	b.call("Input.insertText", map[string]any{"text": "|servehttp"}, nil)
	b.want(found, "70.0% · 700ms · 2 functions") // one is below the other
	b.call("Input.insertText", map[string]any{"text": "("}, nil)
	if got := b.eval(found); !strings.HasPrefix(got, "not a regular expression: ") {
		t.Errorf("of a bad pattern is said: %q", got)
	}
	b.want(`document.getElementById("search").getAttribute("aria-invalid")`, "true")
	b.key("Escape")
	b.want(found, "")
	b.key("/")
	b.call("Input.insertText", map[string]any{"text": "JSON"}, nil)
	b.want(found, "0% · 0 · 0 functions") // capitals match capitals alone
	b.key("Escape", "/")
	b.call("Input.insertText", map[string]any{"text": "systemstack"}, nil)
	b.key("Enter", "n")
	b.want(spoken+`.split(",")[0]`, "runtime.systemstack")
	b.want(`document.querySelectorAll("#functions tbody tr").length`, "1")
}

func testZoom(t *testing.T, b *tab) {
	b.key("ArrowDown", "ArrowDown", "ArrowDown")
	b.want(spoken, "example.com/shop/cart.(*Server).ServeHTTP, cum 700ms · 70.0%, flat 0 · 0%, your code")
	b.key("ArrowDown", "ArrowRight")
	b.want(spoken+`.split(",")[0]`, "github.com/x/log/v2.Printf")
	b.key("ArrowUp", "Enter")
	b.want(crumbs, "all > runtime.main > main.main > cart.(*Server).ServeHTTP")
	b.shot("zoom")
	// A click on the lowest row: fmt.Sprintf is a fifth of all, so 2/7 of what is shown.
	b.mouse("mouseMoved", 1200*0.6, b.rowAt(5), "none")
	b.until(`document.getElementById("tip").style.display === "block"`)
	if tip := b.eval(`document.getElementById("tip").innerText`); !strings.Contains(tip, "fmt.Sprintf") || !strings.Contains(tip, "28.6%") {
		t.Errorf("the tip says %q", tip)
	}
	b.shot("tip")
	b.mouse("mousePressed", 1200*0.6, b.rowAt(5), "left")
	b.mouse("mouseReleased", 1200*0.6, b.rowAt(5), "left")
	b.want(crumbs, "all > runtime.main > main.main > cart.(*Server).ServeHTTP > log.Printf > fmt.Sprintf")
	b.key("Backspace")
	b.until(crumbs + ` === "all > runtime.main > main.main > cart.(*Server).ServeHTTP"`)
	b.eval(`document.querySelector("#crumbs button:nth-child(2)").click()`)
	b.want(crumbs, "all > runtime.main")
	b.key("0")
	b.want(crumbs, "all")
	b.want(`location.hash`, "")
}

// rowAt is the middle of a row of the picture.
func (b *tab) rowAt(row int) float64 {
	y := b.eval(`Math.round(document.getElementById("scroller").getBoundingClientRect().top + (` + strconv.Itoa(row) + ` + 0.5) * ROW)`)
	at, err := strconv.Atoi(y)
	if err != nil {
		b.t.Fatal(err)
	}
	return float64(at)
}

func testSandwich(t *testing.T, b *tab) {
	b.key("/")
	b.call("Input.insertText", map[string]any{"text": "systemstack"}, nil)
	b.key("Enter", "n", "s", "Escape")
	b.want(crumbs, "all > callers and callees of runtime.systemstack")
	// It is called from two places: 25 samples of the worker, 10 of an assist.
	b.key("ArrowUp")
	b.want(spoken, "runtime.gcBgMarkWorker, cum 250ms · 25.0%, of function 71.4%, GC")
	b.key("ArrowRight")
	b.want(spoken, "runtime.gcAssistAlloc, cum 100ms · 10.0%, of function 28.6%, GC")
	b.shot("sandwich")
	b.key("ArrowUp", "ArrowDown", "ArrowDown", "ArrowDown")
	b.want(spoken, "runtime.gcDrain, cum 250ms · 25.0%, of function 71.4%, GC")
	b.key("Enter")
	b.want(crumbs, "all > callers and callees of runtime.gcDrain")
	b.eval(`history.back()`)
	b.until(crumbs + ` === "all > callers and callees of runtime.systemstack"`)
	b.eval(`document.getElementById("flame").click()`)
	b.want(crumbs, "all")
	b.eval(`[...document.querySelectorAll("#functions tbody button")].find((b) => b.textContent === "encoding/json.Marshal").click()`)
	b.want(crumbs, "all > callers and callees of json.Marshal")
}

func testTypes(_ *testing.T, b *tab) {
	b.want(`document.getElementById("total").textContent`, "1s")
	b.key("t")
	b.want(`document.getElementById("total").textContent`, "100")
	b.want(`document.querySelector("#functions tbody td").textContent`, "35")
	b.want(`location.hash`, "#type=samples")
	b.key("t")
	b.want(`location.hash`, "")
	b.key("o")
	b.want(`location.hash`, "#order=name")
	b.key("ArrowDown")
	b.want(spoken+`.split(",")[0]`, "runtime.main") // the widest below, wherever it lies
	b.key("ArrowLeft")
	b.want(spoken+`.split(",")[0]`, "runtime.gcBgMarkWorker")
}

// colours counts pixels of the picture by whether they have a colour of the palette.
const colours = `(() => {
	const c = document.getElementById("canvas"), d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data, seen = new Set();
	for (let i = 0; i < d.length; i += 4) seen.add("#" + [d[i], d[i+1], d[i+2]].map((v) => v.toString(16).padStart(2, "0")).join(""));
	return (shades) => shades.some((s) => seen.has(s));
})()`

func testLooks(t *testing.T, b *tab) {
	frame := `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`
	b.eval(frame)
	for class := range Neutral {
		var shade []string
		for k := range Shades {
			shade = append(shade, strconv.Quote(paints[class].shade(k).hex()))
		}
		if b.eval(colours+"(["+strings.Join(shade, ",")+"])") != "true" {
			t.Errorf("no pixel has the colour of %s", class)
		}
	}
	back := `getComputedStyle(document.body).backgroundColor`
	b.scheme("light")
	b.want(back, "rgb(251, 250, 248)")
	b.shot("light")
	b.scheme("dark")
	b.want(back, "rgb(23, 24, 28)")
	b.eval(frame)
	b.want(colours+`(["#17181c"])`, "true")
	b.shot("dark")
	b.key("d")
	b.want(back, "rgb(251, 250, 248)")
	b.key("d", "?")
	b.want(`document.getElementById("help").open`, "true")
	b.shot("help")
	b.key("Escape")
	b.until(`!document.getElementById("help").open`)
	b.size(420, 700)
	b.until(`document.getElementById("canvas").clientWidth < 420`)
	b.want(`document.documentElement.scrollWidth <= 420`, "true")
	b.shot("narrow")
	b.size(1200, 800)
	b.scheme("light")
}

// testAddress: an address shows what it showed where it was copied.
func testAddress(_ *testing.T, b *tab, page string) {
	b.open(page, "#zoom=2&type=samples&search=json")
	b.want(crumbs, "all > runtime.gcBgMarkWorker")
	b.want(found, "35.0% · 35 · 1 function")
	b.open(page, "#zoom=99999&type=none&sandwich=-1&order=x")
	b.want(crumbs, "all")
}

// TestPageOfDifference: what is new and what is gone is said, and not by colour alone.
func TestPageOfDifference(t *testing.T) {
	b := openTab(t)
	b.size(1200, 800)
	b.open(writePage(t, against(t, shop, shopBefore), Options{Main: "example.com/shop"}), "")
	b.want(`document.getElementById("legend").innerText.replaceAll("\n", " ")`, "× gone ▼ less same ▲ more + new width: before and after together")
	b.want(`document.getElementById("total").textContent`, "1.29s → 1s (-290ms)")
	b.shot("diff")
	b.key("/")
	b.call("Input.insertText", map[string]any{"text": "retired"}, nil)
	b.want(found, "23.3% → 0% · 1 function")
	b.key("Enter", "n")
	b.want(spoken, "main.retired, before 300ms, after 0, change −300ms (gone), of total −13.1%, your code")
	b.key("v")
	b.want(`location.hash`, "#search=retired&colour=class")
	for _, f := range b.faults {
		t.Errorf("the browser complains: %s", f)
	}
}

// TestPageWithHostileNames: a name is text, whatever it holds.
func TestPageWithHostileNames(t *testing.T) {
	build := profile.NewBuilder(false, profile.ValueType{Type: hostile[0], Unit: hostile[1]})
	for i, name := range hostile {
		f := build.Function(profile.Function{Name: name, SystemName: name, File: name})
		build.Sample([]uint32{build.Location(profile.Location{Mapping: -1, Lines: []profile.Line{{Function: f}}})}, []int64{int64(100 - i)})
	}
	p, err := build.Finish()
	if err != nil {
		t.Fatal(err)
	}
	b := openTab(t)
	b.open(writePage(t, p, Options{}), "#search=%3Cscript%3E&type=__proto__")
	b.want(`document.querySelector("#functions tbody button").textContent`, hostile[0])
	b.want(`document.querySelectorAll("script").length + " " + document.images.length`, "2 0")
	b.key("0")
	b.want(`document.querySelectorAll("#functions tbody tr").length`, strconv.Itoa(len(hostile)))
	for _, f := range b.faults {
		t.Errorf("the browser complains: %s", f)
	}
}
