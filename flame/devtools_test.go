package flame

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tab is a page in a headless Chromium, driven by the DevTools protocol over a
// pair of pipes: no port, no library.
type tab struct {
	t       *testing.T
	in      io.Writer
	out     *bufio.Reader
	session string
	id      int
	faults  []string // what the console says of errors
	loaded  []string // addresses that were asked for
}

// findChromium is the browser to test with. Without one the test says so, and
// fails where it should have been able to run.
func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const how = "no chromium in PATH: the HTML flame graph is NOT tested in a browser; .ci/setup installs Debian's as root"
	if os.Getenv("CI") == "true" {
		t.Fatal(how)
	}
	t.Skip(how)
	return ""
}

func openTab(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, findChromium(t), "--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
		"--hide-scrollbars", "--user-data-dir="+t.TempDir(), "about:blank")
	toChild, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, fromChild, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	cmd.ExtraFiles = []*os.File{toChild, fromChild} // 3 and 4
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	toChild.Close()
	fromChild.Close()
	b := &tab{t: t, in: in, out: bufio.NewReader(out)}
	t.Cleanup(func() {
		if t.Failed() {
			lines := slices.DeleteFunc(strings.Split(stderr.String(), "\n"), func(l string) bool { return strings.Contains(l, "dbus") }) // there is none in a container
			t.Logf("chromium: %s", strings.Join(lines, "\n"))
		}
		_ = b.send("", "Browser.close", nil)
		in.Close()
		if err := cmd.Wait(); err != nil && ctx.Err() == nil {
			t.Logf("chromium: %v", err)
		}
		out.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Network", "Log"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

func (b *tab) send(session, method string, params any) error {
	b.id++
	m := map[string]any{"id": b.id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if session != "" {
		m["sessionId"] = session
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	_, err = b.in.Write(append(text, 0))
	return err
}

// call waits for the answer, and takes note of what happens meanwhile.
func (b *tab) call(method string, params, result any) {
	b.t.Helper()
	if err := b.send(b.session, method, params); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		text, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: the browser is gone: %v", method, err)
		}
		var m struct {
			ID     int
			Method string
			Params json.RawMessage
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(text[:len(text)-1], &m); err != nil {
			b.t.Fatal(err)
		}
		if m.Method != "" {
			b.happened(m.Method, m.Params)
			continue
		}
		if m.ID != b.id {
			continue
		}
		if m.Error != nil {
			b.t.Fatalf("%s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
		return
	}
}

func (b *tab) happened(method string, params json.RawMessage) {
	var p struct {
		Type    string
		Request struct{ URL string }
		Entry   struct{ Level, Text string }
	}
	if err := json.Unmarshal(params, &p); err != nil {
		return // an event of another shape
	}
	switch {
	case method == "Network.requestWillBeSent":
		b.loaded = append(b.loaded, p.Request.URL)
	case method == "Runtime.exceptionThrown", method == "Page.javascriptDialogOpening",
		method == "Runtime.consoleAPICalled" && p.Type == "error", method == "Log.entryAdded" && p.Entry.Level == "error":
		b.faults = append(b.faults, method+": "+string(params))
	}
}

// eval is the value of an expression, as text. A promise is waited for.
func (b *tab) eval(js string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": js, "awaitPromise": true, "returnByValue": true}, &r)
	if e := r.ExceptionDetails; e != nil {
		b.t.Fatalf("%s: %s %s", js, e.Text, e.Exception.Description)
	}
	return fmt.Sprint(r.Result.Value)
}

// until waits for an expression to become true.
func (b *tab) until(js string) {
	b.t.Helper()
	for range 600 { // a minute, and more on a machine that is busy
		if b.eval("!!("+js+")") == "true" {
			return
		}
		b.eval("new Promise((done) => setTimeout(done, 100))")
	}
	b.t.Fatalf("never came true: %s; the page says: %s", js, b.eval(`document.body.innerText.slice(0, 600)`))
}

// want fails the test when an expression has another value.
func (b *tab) want(js, want string) {
	b.t.Helper()
	if got := b.eval(js); got != want {
		b.t.Errorf("%s is %q, want %q", js, got, want)
	}
}

func (b *tab) open(file, hash string) {
	b.t.Helper()
	b.call("Page.navigate", map[string]any{"url": "about:blank"}, nil)
	b.until(`location.href === "about:blank"`)
	b.call("Page.navigate", map[string]any{"url": "file://" + file + hash}, nil)
	b.until(`document.documentElement?.dataset.ready === "yes"`)
}

// key presses keys by name, and single letters.
func (b *tab) key(names ...string) {
	b.t.Helper()
	for _, name := range names {
		p := map[string]any{"type": "keyDown", "key": name}
		if len(name) == 1 {
			p["text"] = name
		}
		if name == "Escape" {
			p["windowsVirtualKeyCode"] = 27 // a dialog listens for the code
		}
		b.call("Input.dispatchKeyEvent", p, nil)
		b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name}, nil)
	}
}

func (b *tab) mouse(kind string, x, y float64, button string) {
	b.t.Helper()
	b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": button, "clickCount": 1}, nil)
}

// size makes the window as large as asked.
func (b *tab) size(width, height int) {
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
}

func (b *tab) scheme(name string) {
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": name}}}, nil)
}

// shot saves a picture for people to look at, when they have said where to.
func (b *tab) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("GOPERF_SCREENSHOTS")
	if dir == "" {
		return
	}
	b.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
	var r struct{ Data string }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &r)
	data, err := base64.StdEncoding.DecodeString(r.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644)
	}
	if err != nil {
		b.t.Error(err)
	}
}
