package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzParse: every target is a source or an error of one line without a password.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "-", ":6060", "http://u:s3cret@h:1/p?q#f", "unix:///a:/b", "pid:1", "pod:a/b", "demo:x", "[::1]:80/x", "a:b:c", "http://[::1", "x\x00y"} {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, target string) {
		src, err := Parse(target, Deps{Dir: dir})
		if (src == nil) == (err == nil) {
			t.Fatalf("%q: %v, %v", target, src, err)
		}
		if err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: error of several lines: %q", target, err)
		}
		if u, ok := src.(*urlSource); ok {
			for _, p := range pages(u.base) {
				if !strings.HasSuffix(p.Path, "/") {
					t.Errorf("%q: looks for an index at %q", target, p.Path)
				}
			}
		}
	})
}

// FuzzPages: what a target or a proc file says is taken apart without trust.
func FuzzPages(f *testing.F) {
	f.Add([]byte("<a href='heap?debug=1'>heap</a><a href=\"a%2Fb?debug=1\">x</a><a href='../profile'>"))
	f.Add([]byte("heap profile: 0: 0 [0: 0] @ heap/1\n# runtime.MemStats\n# HeapAlloc = 5\n# LastGC = 9\n# NumGC = 1\n"))
	f.Add([]byte("   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 4242 1\n"))
	f.Add([]byte("77 (x) y) S 1 2 3 4 5 6 7 8 9 10 150 50 0\nnr_periods 3\n0-3,8\n5:cpu:/../..\n0::/a/../..\nGOGC=1\x00"))
	root := f.TempDir()
	for _, name := range []string{"cgroup", "stat", "io", "status", "limits", "environ"} {
		if err := os.MkdirAll(filepath.Join(root, "1"), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, "1", name), nil, 0o600); err != nil {
			f.Fatal(err)
		}
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		for _, name := range indexNames(page) {
			if strings.Contains(name, "/") && !strings.Contains(string(page), "%2") {
				t.Errorf("name %q", name)
			}
		}
		if n := len(customNames(page)); n > maxCustom {
			t.Errorf("%d custom profiles", n)
		}
		memstat(page, "NumGC")
		endOf(page, 3)
		sockets(page, func(address string, port int, _ string) {
			if port < 0 || port > 65535 {
				t.Errorf("port %d", port)
			}
			socketIP(address)
		})
		for _, name := range []string{"cgroup", "stat", "io", "status", "environ"} {
			if err := os.WriteFile(filepath.Join(root, "1", name), page, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := &process{pid: 1, proc: root, cgroup: root}
		p.counters()
		if l := p.readLimits(); l.NumCPU < 0 || l.CPUQuota < 0 || l.MemoryLimit < 0 {
			t.Errorf("%+v", l)
		}
	})
}
