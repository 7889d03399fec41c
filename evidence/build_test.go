package evidence

import (
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestToolchain(t *testing.T) {
	for file, want := range map[string]string{
		"/usr/local/go1.26.8/src/runtime/proc.go":                                                    "go1.26.8",
		"/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.25.10.linux-amd64/src/runtime/proc.go":     "go1.25.10",
		"/usr/lib/go-1.19/src/runtime/proc.go":                                                       "go1.19",
		"/opt/hostedtoolcache/go/1.22.3/x64/src/runtime/proc.go":                                     "go1.22.3",
		"/opt/homebrew/Cellar/go/1.21.0/libexec/src/runtime/proc.go":                                 "go1.21.0",
		"/nix/store/abcdef-go-1.24rc1/share/go/src/runtime/pprof/pprof.go":                           "go1.24rc1",
		"/home/u/.asdf/installs/golang/1.23.4/go/src/runtime/proc.go":                                "go1.23.4",
		"C:/Users/u/sdk/go1.26.1/src/runtime/proc.go":                                                "go1.26.1",
		"/usr/local/go/src/runtime/proc.go":                                                          "",
		"runtime/proc.go":                                                                            "",
		"/home/u/go1.20/my/runtime/proc.go":                                                          "",
		"/home/go1.18/pkg/mod/golang.org/toolchain@v0.0.1-go1.27.0.darwin-arm64/src/runtime/proc.go": "go1.27.0",
	} {
		if got := toolchain(source{"runtime.schedule", file}); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
	if got := toolchain(source{"main.main", "/usr/local/go1.26.8/src/runtime/proc.go"}); got != "" {
		t.Errorf("a function that is not of the runtime: %q", got)
	}
}

func TestMainModule(t *testing.T) {
	std := []source{{"runtime.main", "/usr/local/go/src/runtime/proc.go"}, {"net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go"}}
	deps := []source{
		{"github.com/dep/x.F", "/root/go/pkg/mod/github.com/dep/x@v1.2.3/x.go"},
		{"github.com/dep/x.G", "/root/go/pkg/mod/github.com/dep/x@v1.2.3/x.go"},
		{"github.com/ven/y.F", "/src/b/vendor/github.com/ven/y/y.go"},
	}
	for name, c := range map[string]struct {
		sources []source
		want    string
	}{
		"checkout": {[]source{
			{"main.main", "/src/b/cmd/b/main.go"}, {"github.com/a/b/internal/x.(*T).F", "/src/b/internal/x/x.go"}, {"github.com/a/b/y.G[...]", "/src/b/y/y.go"},
		}, "github.com/a/b"},
		"checkout named like the module": {[]source{
			{"main.main", "/home/github.com/a/b/cmd/b/main.go"}, {"github.com/a/b/internal/x.F", "/home/github.com/a/b/internal/x/x.go"},
		}, "github.com/a/b"},
		"trimpath": {[]source{
			{"main.main", "github.com/a/b/v2/cmd/b/main.go"}, {"github.com/a/b/v2/x.F", "github.com/a/b/v2/x/x.go"}, {"github.com/a/b/v2.F", "github.com/a/b/v2/b.go"},
		}, "github.com/a/b/v2"},
		"installed by version": {[]source{
			{"main.main", "/root/go/pkg/mod/github.com/!a/b@v1.0.0/cmd/b/main.go"}, {"github.com/A/b/x.F", "/root/go/pkg/mod/github.com/!a/b@v1.0.0/x/x.go"},
		}, "github.com/A/b"},
		"installed by version with trimpath": {[]source{{"main.main", "github.com/a/b@v1.0.0/cmd/b/main.go"}}, "github.com/a/b"},
		"main at the root": {[]source{
			{"main.main", "/src/b/main.go"}, {"example.com/b/x.F", "/src/b/x/x.go"},
		}, "example.com/b"},
		"no dot": {[]source{
			{"main.main", "/src/b/main.go"}, {"shop/cart.F", "/src/b/cart/cart.go"},
		}, "shop"},
		"deepest package alone": {[]source{
			{"main.main", "/src/b/cmd/b/main.go"}, {"github.com/a/b/cmd/b/app.F", "/src/b/cmd/b/app/a.go"}, {"github.com/a/b/z.F", "/src/b/z/z.go"},
		}, "github.com/a/b"},
		"main alone":   {[]source{{"main.main", "/src/b/main.go"}, {"main.f", "/src/b/f.go"}}, ""},
		"without main": {[]source{{"github.com/a/b/z.F", "/src/b/z/z.go"}, {"github.com/a/b.F", "/src/b/z.go"}}, "github.com/a/b"},
		"windows": {[]source{
			{"main.main", "C:/src/b/main.go"}, {"example.com/b/x.F", "C:/src/b/x/x.go"},
		}, "example.com/b"},
		"replaced by a neighbour": {[]source{
			{"main.main", "/src/app/main.go"}, {"github.com/a/lib/x.F", "/src/lib/x/x.go"}, {"github.com/a/app/y.F", "/src/app/y/y.go"},
		}, "github.com/a/app"},
		"standard library alone": {nil, ""},
	} {
		sources := append(append(append([]source{}, std...), deps...), c.sources...)
		if got := mainModule(sources); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestBuildInfoForms(t *testing.T) {
	info := &debug.BuildInfo{
		GoVersion: "go1.26.1", Path: "github.com/a/b/cmd/b", Main: debug.Module{Path: "github.com/a/b", Version: "(devel)"},
		Deps: []*debug.Module{
			{Path: "github.com/c/d", Version: "v1.2.3", Sum: "h1:x"},
			{Path: "github.com/e/f", Version: "v1.0.0", Replace: &debug.Module{Path: "github.com/e/fork", Version: "v1.0.1", Sum: "h1:y"}},
		},
		Settings: []debug.BuildSetting{{Key: "-pgo", Value: "default.pgo"}, {Key: "CGO_ENABLED", Value: "1"}, {Key: "GOARCH", Value: "amd64"}},
	}
	want := Build{
		GoVersion: "go1.26.1", Main: "github.com/a/b",
		Modules:  map[string]string{"github.com/c/d": "v1.2.3", "github.com/e/f": "v1.0.1"},
		Settings: map[string]string{"-pgo": "default.pgo", "CGO_ENABLED": "1", "GOARCH": "amd64"},
	}
	asJSON, err := json.Marshal(info)
	if err != nil {
		t.Fatal(err)
	}
	own, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	printed := "./b: go1.26.1\n\tpath\tgithub.com/a/b/cmd/b\n\tmod\tgithub.com/a/b\t(devel)\t\n\tdep\tgithub.com/c/d\tv1.2.3\th1:x\n" +
		"\tdep\tgithub.com/e/f\tv1.0.0\n\t=>\tgithub.com/e/fork\tv1.0.1\th1:y\n\tbuild\t-pgo=default.pgo\n\tbuild\tCGO_ENABLED=1\n\tbuild\tGOARCH=amd64\n"
	for name, data := range map[string]string{
		"go version -m": printed, "with -json": string(asJSON), "debug.BuildInfo": info.String(), "evidence.Build": string(own),
	} {
		s := Decode(&Capture{Blobs: []Blob{{Kind: BuildInfo, Name: "build", Data: []byte(data)}}})
		if diff := cmp.Diff(want, s.Build); diff != "" || !s.Has(BuildInfo) {
			t.Errorf("%s: gaps %+v (-want +got):\n%s", name, s.Gaps, diff)
		}
		if kind, err := sniffed("x", []byte(data)); kind != BuildInfo {
			t.Errorf("%s: sniffed as %q, %v", name, kind, err)
		}
	}
	s := Decode(&Capture{Blobs: []Blob{{Kind: BuildInfo, Name: "build", Data: []byte("hello\n")}}})
	if len(s.Gaps) != 1 {
		t.Errorf("other text: %+v", s.Gaps)
	}
}

// TestOwnBuild reads the build of this test, which has a module of its own.
func TestOwnBuild(t *testing.T) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Fatal("go test built this test without build information")
	}
	s := Decode(&Capture{Blobs: []Blob{{Kind: BuildInfo, Data: []byte(info.String())}}})
	if s.Build.Main != "github.com/goperf/goperf" || s.Build.GoVersion != goVersion().FindString(runtime.Version()) {
		t.Errorf("%+v", s.Build)
	}
}

func TestBuildFromMetrics(t *testing.T) {
	text := `prometheus_build_info{branch="HEAD",goversion="go1.19.8",version="2.42"} 1
go_build_info{checksum="x",path="github.com/prometheus/prometheus",version="(unknown)"} 1
`
	s := Decode(&Capture{Blobs: []Blob{{Kind: Metrics, Data: []byte(text)}}})
	if s.Build.GoVersion != "go1.19.8" || s.Build.Main != "github.com/prometheus/prometheus" {
		t.Errorf("%+v", s.Build)
	}
}
