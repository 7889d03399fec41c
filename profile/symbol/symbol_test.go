package symbol

import (
	"strings"
	"testing"
)

// names is what the linker of some release really makes, and what is to be read in it.
var names = []struct{ name, pkg, local, outer, unwrapped, short string }{
	{"main.main", "main", "main", "main.main", "main.main", "main.main"},
	{"net/http.(*conn).serve", "net/http", "(*conn).serve", "net/http.(*conn).serve", "net/http.(*conn).serve", "http.(*conn).serve"},
	{"main.F.func1", "main", "F.func1", "main.F", "main.F.func1", "main.F.func1"},
	{"main.F.func1.2", "main", "F.func1.2", "main.F", "main.F.func1.2", "main.F.func1.2"},
	{"main.(*T).F.func1.1.gowrap2", "main", "(*T).F.func1.1.gowrap2", "main.(*T).F", "main.(*T).F.func1.1", "main.(*T).F.func1.1.gowrap2"},
	{"main.F.deferwrap1", "main", "F.deferwrap1", "main.F", "main.F", "main.F.deferwrap1"},
	{"main.F.gowrap1.deferwrap2", "main", "F.gowrap1.deferwrap2", "main.F", "main.F", "main.F.gowrap1.deferwrap2"},
	{"main.(*T).F-fm", "main", "(*T).F-fm", "main.(*T).F", "main.(*T).F-fm", "main.(*T).F-fm"},
	{"main.T.F", "main", "T.F", "main.T.F", "main.T.F", "main.T.F"},
	{"main.init.0", "main", "init.0", "main.init", "main.init.0", "main.init.0"},
	{"main.init.0.func1", "main", "init.0.func1", "main.init", "main.init.0.func1", "main.init.0.func1"},
	{"main.init.func1", "main", "init.func1", "main.init", "main.init.func1", "main.init.func1"},
	{"main.init.F.func1", "main", "init.F.func1", "main.init.F", "main.F.func1", "main.init.F.func1"}, // F was inlined into init
	{"main.glob..func1", "main", "glob..func1", "main.glob", "main.glob..func1", "main.glob..func1"},
	{"gopkg.in/yaml%2ev3.unmarshal", "gopkg.in/yaml.v3", "unmarshal", "gopkg.in/yaml%2ev3.unmarshal", "gopkg.in/yaml%2ev3.unmarshal", "yaml.v3.unmarshal"},
	{"github.com/a/b/v2.(*T[...]).Do.func1", "github.com/a/b/v2", "(*T[...]).Do.func1", "github.com/a/b/v2.(*T).Do", "github.com/a/b/v2.(*T[...]).Do.func1", "b.(*T[...]).Do.func1"},
	{"slices.SortFunc[go.shape.[]github.com/a/b.T,go.shape.int]", "slices", "SortFunc[go.shape.[]github.com/a/b.T,go.shape.int]", "slices.SortFunc", "slices.SortFunc[go.shape.[]github.com/a/b.T,go.shape.int]", "slices.SortFunc[...]"},
	{"type:.eq.main.T", "runtime", "type:.eq.main.T", "", "type:.eq.main.T", "runtime.type:.eq.main.T"},
	{"type..hash.main.T", "runtime", "type..hash.main.T", "", "type..hash.main.T", "runtime.type..hash.main.T"},
	{"aeshashbody", "", "aeshashbody", "aeshashbody", "aeshashbody", "aeshashbody"},
	{"main._Cfunc_twice", "main", "_Cfunc_twice", "main._Cfunc_twice", "main._Cfunc_twice", "main._Cfunc_twice"},
	{"_cgo_0123456789ab_Cfunc_twice", "", "_cgo_0123456789ab_Cfunc_twice", "_cgo_0123456789ab_Cfunc_twice", "_cgo_0123456789ab_Cfunc_twice", "_cgo_0123456789ab_Cfunc_twice"},
	{"", "", "", "", "", ""},
}

func TestNames(t *testing.T) {
	for _, n := range names {
		if pkg, local := Split(n.name); pkg != n.pkg || local != n.local || Package(n.name) != n.pkg {
			t.Errorf("Split(%q) = %q, %q, want %q, %q", n.name, pkg, local, n.pkg, n.local)
		}
		if got := Outer(n.name); n.outer != "" && got != n.outer {
			t.Errorf("Outer(%q) = %q, want %q", n.name, got, n.outer)
		}
		if got := Unwrap(n.name); got != n.unwrapped {
			t.Errorf("Unwrap(%q) = %q, want %q", n.name, got, n.unwrapped)
		}
		if got := Short(n.name); got != n.short {
			t.Errorf("Short(%q) = %q, want %q", n.name, got, n.short)
		}
	}
}

func TestClassifier(t *testing.T) {
	for _, c := range []struct {
		main, name string
		want       Class
	}{
		{"", "main.main", Own},
		{"", "example.com/shop/cart.Add", ThirdParty},
		{"example.com/shop", "example.com/shop/cart.Add", Own},
		{"example.com/shop", "example.com/shop.Run", Own},
		{"example.com/shop", "example.com/shopping.Run", ThirdParty},
		{"example.com/shop", "example.com/shop/cart.Map[go.shape.int].func1", Own},
		{"", "gopkg.in/yaml%2ev3.unmarshal", ThirdParty},
		{"", "net/http.(*conn).serve", Std},
		{"", "vendor/golang.org/x/net/http2/hpack.(*Decoder).Write", Std},
		{"", "golang.org/x/sys/unix.Read", Std},
		{"", "golang.org/x/crypto/bcrypt.bcrypt", Std},
		{"", "golang.org/x/crypto/ssh.(*Client).Dial", ThirdParty},
		{"", "golang.org/x/net/http2.(*Framer).ReadFrame", ThirdParty},
		{"", "slices.SortFunc[go.shape.[]github.com/a/b.T]", Std},
		{"", "runtime.mallocgc", Runtime},
		{"", "runtime/internal/atomic.Xadd", Runtime},
		{"", "internal/runtime/maps.(*Map).growToTable", Runtime},
		{"", "runtime/pprof.profileWriter", Std},
		{"", "type:.eq.main.T", Runtime},
		{"", "_.goready.func1", Runtime},
		{"", "aeshashbody", Runtime},
		{"", "gcWriteBarrier", Runtime},
		{"", "main._Cfunc_twice", Own},
		{"", "memcpy", Native},
		{"", "", Native},
	} {
		if got := (Classifier{c.main}).Of(c.name); got != c.want {
			t.Errorf("%q of main module %q is %s, want %s", c.name, c.main, got, c.want)
		}
	}
}

func TestClassNames(t *testing.T) {
	seen := map[string]bool{}
	for c := Own; c <= Native; c++ {
		if s := c.String(); s == "" || seen[s] {
			t.Errorf("class %d is called %q", c, s)
		} else {
			seen[s] = true
		}
	}
}

func TestLockMethod(t *testing.T) {
	for name, want := range map[string]bool{
		"main.(*mutex).Lock": true, "sync.(*RWMutex).RUnlock": true, "main.Lock": true, "main.(*T).TryLock": false, "main.(*T).Lock.func1": false, "": false,
	} {
		if IsLockMethod(name) != want {
			t.Errorf("IsLockMethod(%q) is %t", name, !want)
		}
	}
}

func TestCollector(t *testing.T) {
	for name, want := range map[string]bool{
		"runtime.gcBgMarkWorker": true, "runtime.gcBgMarkWorker.func2": true, "runtime.scanobject": true, "runtime.scanSpan": true,
		"internal/runtime/gc/scan.scanSpanPackedAVX512": true, "runtime.(*gcWork).putFast": true, "runtime.bgsweep": true, "runtime.GC": true,
		"runtime.(*sweepLocked).sweep": true, "runtime.wbBufFlush1": true, "gcWriteBarrier2": true, "runtime.(*scavengerState).run": true,
		"runtime.mallocgc": false, "runtime.systemstack": false, "runtime.findRunnable": false, "runtime.(*mspan).base": false, "runtime.findfunc": false,
		"main.gcDrain": false, "runtime/debug.FreeOSMemory": false, "runtime.Gosched": false, "runtime.GCed": false, "": false,
	} {
		if IsCollector(name) != want {
			t.Errorf("IsCollector(%q) is %t", name, !want)
		}
	}
}

// TestHome: the closure of an inlined library function is the library's.
func TestHome(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"main.debugf.Printf.func1", "/usr/local/go/src/log/log.go", "log.Printf.func1"},
		{"main.debugf.func1", "/usr/local/go/src/log/log.go", "main.debugf.func1"},
		{"main.debugf.Printf.func1", "/home/me/shop/main.go", "main.debugf.Printf.func1"},
		{"main.debugf.Printf.func1", "/root/go/pkg/mod/example.com/x@v1.0.0/src/log/log.go", "main.debugf.Printf.func1"},
		{"log.F.Printf.func1", "/usr/local/go/src/log/log.go", "log.F.Printf.func1"},
		{"", "", ""},
	} {
		if got := Home(c.name, c.file); got != c.want {
			t.Errorf("Home(%q, %q) = %q, want %q", c.name, c.file, got, c.want)
		}
	}
}

// FuzzSymbol: any name can be taken apart, and the parts make the name again.
func FuzzSymbol(f *testing.F) {
	for _, n := range names {
		f.Add(n.name, "/usr/local/go/src/log/log.go")
	}
	for _, odd := range []string{".", "..", "/", "a/.", "a[", "a]b.c", "[x/y.z]", "%2e.%2e", "a.-fm", "a.func.func1", "..gowrap1", ".init.x.func1", "a.init..func1"} {
		f.Add(odd, "/src/")
	}
	f.Fuzz(func(t *testing.T, name, file string) {
		pkg, local := Split(name)
		switch {
		case strings.HasPrefix(name, "type:.") || strings.HasPrefix(name, "type.."):
			if pkg != "runtime" || local != name {
				t.Errorf("Split(%q) = %q, %q", name, pkg, local)
			}
		case pkg == "":
			if local != name && name != "."+local {
				t.Errorf("Split(%q) = %q, %q", name, pkg, local)
			}
		case strings.ReplaceAll(name[:len(name)-len(local)], "%2e", ".") != pkg+".":
			t.Errorf("Split(%q) = %q, %q: they do not make the name", name, pkg, local)
		}
		if len(Unwrap(name)) > len(name) || len(Outer(name)) > len(name) {
			t.Errorf("%q grows to %q, %q", name, Unwrap(name), Outer(name))
		}
		if c := (Classifier{"example.com/a"}).Of(Home(name, file)); c > Native {
			t.Errorf("%q is of class %d", name, c)
		}
		_, _ = Short(name), IsLockMethod(name)
	})
}
