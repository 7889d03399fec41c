package evidence

import (
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"sync"

	"github.com/goperf/goperf/profile"
)

// goroot finds the Go version in the path of a toolchain: /usr/local/go1.26.8,
// toolchain@v0.0.1-go1.25.10.linux-amd64, /usr/lib/go-1.19, /opt/hostedtoolcache/go/1.22.3/x64.
var goroot = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bgo(?:lang)?[-/]?(1\.[0-9]+(?:\.[0-9]+|rc[0-9]+|beta[0-9]+)?)\b`)
})

// goVersion is a version as runtime.Version prints it.
var goVersion = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\bgo1\.[0-9]+(?:\.[0-9]+|rc[0-9]+|beta[0-9]+)?\b`)
})

// buildInfo reads what `go version -m` prints, with or without -json,
// debug.BuildInfo.String, or a Build.
func (d *decoder) buildInfo(b *Blob) error {
	data := strings.TrimSpace(string(b.Data))
	if strings.HasPrefix(data, "{") {
		var own Build
		if json.Unmarshal(b.Data, &own) == nil && (own.GoVersion != "" || own.Main != "" || own.BuildID != "" || len(own.Settings) > 0) {
			d.set.Build.add(own)
			return nil
		}
		var info debug.BuildInfo
		if err := unmarshal(b.Data, &info); err != nil {
			return err
		}
		d.set.Build.add(fromDebug(&info))
		return nil
	}
	// The first line of go version -m is "FILE: go1.26.1", that of BuildInfo.String
	// "go\tgo1.26.1"; ParseBuildInfo reads neither.
	first, _, _ := strings.Cut(data, "\n")
	var text strings.Builder
	for line := range strings.Lines(data + "\n") {
		text.WriteString(strings.TrimPrefix(line, "\t"))
	}
	info, err := debug.ParseBuildInfo(text.String())
	if err != nil {
		return err
	}
	info.GoVersion = goVersion().FindString(first)
	if info.GoVersion == "" && info.Path == "" {
		return errors.New("neither a Go version nor a path in it: want what go version -m prints")
	}
	d.set.Build.add(fromDebug(info))
	return nil
}

func fromDebug(info *debug.BuildInfo) Build {
	b := Build{GoVersion: goVersion().FindString(info.GoVersion), Main: info.Main.Path, Modules: map[string]string{}, Settings: map[string]string{}}
	for _, m := range info.Deps {
		if m == nil {
			continue
		}
		b.Modules[m.Path] = m.Version
		if m.Replace != nil {
			b.Modules[m.Path] = cmp.Or(m.Replace.Version, m.Replace.Path)
		}
	}
	for _, s := range info.Settings {
		b.Settings[s.Key] = s.Value
	}
	return b
}

// add takes what is known over what is not.
func (b *Build) add(o Build) {
	b.GoVersion, b.Main = cmp.Or(o.GoVersion, b.GoVersion), cmp.Or(o.Main, b.Main)
	b.GoMod, b.BuildID = cmp.Or(o.GoMod, b.GoMod), cmp.Or(o.BuildID, b.BuildID)
	if len(o.Cmdline) > 0 {
		b.Cmdline = o.Cmdline
	}
	b.Modules, b.Settings = merged(b.Modules, o.Modules), merged(b.Settings, o.Settings)
}

func merged(into, from map[string]string) map[string]string {
	if len(from) == 0 {
		return into
	}
	if into == nil {
		into = map[string]string{}
	}
	maps.Copy(into, from)
	return into
}

// fromMetric reads the series by which programs publish their build.
func (b *Build) fromMetric(series string) {
	name, _, _ := strings.Cut(series, "{")
	switch {
	case name == "go_info":
		b.GoVersion = cmp.Or(b.GoVersion, goVersion().FindString(label(series, "version")))
	case name == "go_build_info":
		b.Main = cmp.Or(b.Main, label(series, "path"))
	case strings.HasSuffix(name, "_build_info"):
		b.GoVersion = cmp.Or(b.GoVersion, goVersion().FindString(label(series, "goversion")), goVersion().FindString(label(series, "go_version")))
	}
}

// MainModule is the path of the main module as the names and files of a
// profile's functions tell it, "" when they do not.
func MainModule(p *profile.Profile) string {
	d := &decoder{set: &Set{}, entries: []entry{{profile: p}}}
	return mainModule(d.sources())
}

// source is a function and the file it is in.
type source struct {
	function, file string
}

// infer fills in what nothing said from the names and files of functions.
func (d *decoder) infer() {
	b := &d.set.Build
	for _, e := range d.entries {
		if len(e.profile.Mappings) > 0 {
			b.BuildID = cmp.Or(b.BuildID, e.profile.Mappings[0].BuildID)
		}
		for _, c := range e.profile.Comments {
			b.GoVersion = cmp.Or(b.GoVersion, goVersion().FindString(c))
		}
	}
	if b.GoVersion != "" && b.Main != "" {
		return
	}
	sources := d.sources()
	for _, s := range sources {
		if b.GoVersion != "" {
			break
		}
		b.GoVersion = toolchain(s)
	}
	b.Main = cmp.Or(b.Main, mainModule(sources))
}

// sources is every function that evidence names, once.
func (d *decoder) sources() []source {
	named := 0
	for _, e := range d.entries {
		named = max(named, len(e.profile.Functions))
	}
	seen, out := make(map[source]bool, named), make([]source, 0, named)
	add := func(function, file string) {
		s := source{function, strings.ReplaceAll(file, `\`, "/")}
		if file != "" && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, e := range d.entries {
		for _, f := range e.profile.Functions {
			add(f.Name, f.File)
		}
	}
	for _, dump := range d.set.Goroutines {
		for _, g := range dump.Goroutines {
			for _, f := range g.Frames {
				add(f.Function, f.File)
			}
		}
	}
	return out
}

// toolchain is the Go version in the path of a file of the runtime.
func toolchain(s source) string {
	root, _, ok := strings.Cut(s.file, "/src/runtime/")
	if !ok || !strings.HasPrefix(s.function, "runtime") {
		return ""
	}
	all := goroot().FindAllStringSubmatch(root, -1)
	if len(all) == 0 {
		return ""
	}
	return "go" + all[len(all)-1][1]
}

// differentBuilds warns of evidence of several builds: line numbers of one need
// not be those of another.
func differentBuilds(ps []*profile.Profile) bool {
	known := ""
	return slices.ContainsFunc(ps, func(p *profile.Profile) bool {
		if len(p.Mappings) == 0 || p.Mappings[0].BuildID == "" {
			return false
		}
		id := p.Mappings[0].BuildID
		other := known != "" && known != id
		known = id
		return other
	})
}
