package arch

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"strings"
)

// layers says who may import whom inside the module: a package may import what
// stands after the colon. A line may name only packages of the lines above it,
// so that no arrow can run up and no cycle can be written down.
//
// The two arrows that matter most are absent ones: report knows nothing of
// goperf, and render knows nothing but report.
const layers = `
cgroup:
profile/symbol:
profile/unit:
profile/gunzip:
profile:        profile/gunzip profile/symbol profile/unit
gctune:         cgroup
gctune/handler: cgroup gctune
exectrace:
report:
demo:
ebpf/gosym:
ebpf/goproc:     ebpf/gosym
ebpf/goroutines: ebpf/goproc ebpf/gosym profile

blame:          profile profile/symbol
convert:        profile
pgo:            profile report
kernel:         profile
flame:          profile profile/symbol profile/unit report
evidence:       profile profile/unit gctune exectrace kernel
compare:        evidence profile profile/symbol
gctune/pacer:
gctune/observe: evidence exectrace gctune gctune/pacer profile
gctune/advise:  evidence gctune/observe gctune/pacer report
syntax:         evidence

diagnose:       blame evidence exectrace gctune profile profile/symbol report
exhibit:        blame evidence exectrace gctune profile profile/symbol report kernel
rules:          blame diagnose evidence exectrace gctune gctune/advise gctune/observe gctune/pacer kernel profile profile/symbol profile/unit report
render:         report
trend:          report
compare/wording: compare profile/symbol profile/unit report
yamldoc:
gate/policy:    report yamldoc
gate:           compare evidence gate/policy profile profile/symbol report
source/git:

disasm:         ebpf/gosym profile
listing:        profile syntax

tui/paint:      flame
tui/picture:
tui:            disasm evidence flame listing profile profile/symbol profile/unit render report tui/paint tui/picture

source/code:
source/program: ebpf/gosym profile
source/runs:    compare evidence profile
ebpf/probe:     kernel
source/turns:   profile source/runs
source:         cgroup ebpf/goproc ebpf/goroutines ebpf/probe evidence kernel profile report source/code syntax
ebpf/probe/probetest: ebpf/probe kernel
ebpf/stacks:          profile
ebpf/attach:          ebpf/goproc ebpf/gosym ebpf/probe ebpf/stacks profile
ebpf/oncpu:           ebpf/attach ebpf/probe ebpf/stacks kernel profile
ebpf/offcpu:          ebpf/attach ebpf/probe ebpf/stacks kernel profile
ebpf/sched:           ebpf/attach ebpf/probe kernel
ebpf/audit/policy:    yamldoc
ebpf/audit:           ebpf/attach ebpf/audit/policy ebpf/gosym ebpf/probe ebpf/stacks kernel profile profile/symbol
ebpf/sockets:         ebpf/probe
ebpf/tcp:             ebpf/attach ebpf/probe ebpf/sockets ebpf/stacks kernel profile/symbol
ebpf/park:            ebpf/attach ebpf/probe ebpf/stacks kernel profile
ebpf/wall:            ebpf/oncpu ebpf/goproc ebpf/goroutines ebpf/probe kernel profile profile/symbol
ebpf:                 ebpf/tcp ebpf/audit ebpf/park ebpf/wall ebpf/offcpu ebpf/oncpu ebpf/sched ebpf/probe kernel

cmd:            ebpf/attach ebpf/tcp compare compare/wording source/runs ebpf/audit ebpf/audit/policy ebpf/park ebpf/goproc ebpf/goroutines ebpf/wall convert demo diagnose disasm ebpf/gosym evidence exhibit flame gctune/advise gctune/observe gctune/pacer listing pgo profile profile/unit render report rules source source/code source/program tui ebpf ebpf/oncpu ebpf/probe kernel ebpf/offcpu ebpf/sched gate gate/policy source/git source/turns trend
cmd/goperf:     cmd

internal/arch:
internal/bench/profgen:
internal/bench/flames:       internal/bench/profgen
internal/bench:              internal/bench/profgen profile
internal/folded:             profile/symbol
internal/goprog:
internal/sight:
internal/screens:            tui/picture
internal/gendocs:            diagnose evidence report rules tui
internal/gcload:              gctune gctune/handler
internal/memgroup:
internal/gcaccuracy:          gctune internal/memgroup profile
internal/gateaccuracy:        compare evidence gate gate/policy profile report
internal/genframes:
internal/genframes/patterns:
internal/delayline:
internal/truth/attempts:
internal/truth/blocks:
internal/truth/connections:
internal/truth/switches:
internal/truth/split:
internal/truth/leaves:
internal/newrule:            report
evidence/internal/gen:
`

// pure are the packages that are functions of their input: no I/O, no clock, no
// chance. What they compute can be computed again.
const pure = `
profile profile/symbol profile/unit gctune exectrace
blame compare compare/wording convert flame disasm pgo kernel evidence listing syntax
gctune/pacer gctune/observe gctune/advise
cgroup
profile/gunzip
report exhibit diagnose rules render
tui/paint tui/picture
gate gate/policy yamldoc
ebpf/gosym ebpf/stacks
`

// world is what a pure package does not import; "x/" stands for all below x.
const world = `os os/ net net/ log log/ syscall math/rand math/rand/ crypto/rand os/exec runtime/pprof runtime/trace`

// clock are the functions of package time that a pure package does not call.
const clock = `Now Since Until After AfterFunc Sleep Tick NewTicker NewTimer`

// doors are the files of pure packages that touch the world all the same, each
// for a reason that will still be true next year. What they need goes through a
// struct of functions, so that everything behind them stays pure.
var doors = map[string]string{
	"gctune/guard.go": "gctune.Guard steers the process that it is in: it has a ticker and reads /proc and the control groups (docs/adr/0010-guard.md)",
}

// outside says which modules of others each package is built on. The tests may
// use more. docs/adr/0005-dependencies.md has a line for each.
const outside = `
ebpf/goproc: golang.org/x/sys/unix
compare:    github.com/aclements/go-moremath/mathx golang.org/x/perf/benchfmt golang.org/x/perf/benchmath
trend:      github.com/aclements/go-moremath/stats
profile:    github.com/google/pprof/profile github.com/klauspost/compress/gzip
disasm:     golang.org/x/arch/arm64/arm64asm golang.org/x/arch/x86/x86asm
exectrace:  golang.org/x/exp/trace
evidence:   github.com/klauspost/compress/gzip
flame:      github.com/clipperhouse/displaywidth
render:     github.com/clipperhouse/displaywidth
tui/paint:  github.com/clipperhouse/displaywidth
tui/picture: github.com/charmbracelet/ultraviolet golang.org/x/image/font golang.org/x/image/font/gofont/gomono golang.org/x/image/font/gofont/gomonobold golang.org/x/image/font/opentype golang.org/x/image/math/fixed
tui:        charm.land/bubbletea/v2 github.com/charmbracelet/colorprofile github.com/charmbracelet/ultraviolet github.com/pelletier/go-toml/v2/unstable
source/runs: golang.org/x/perf/benchfmt golang.org/x/perf/benchproc
source/turns: golang.org/x/perf/benchfmt
yamldoc:     github.com/goccy/go-yaml/ast github.com/goccy/go-yaml/parser github.com/goccy/go-yaml/token
gate/policy: github.com/goccy/go-yaml/ast
cmd:        github.com/clipperhouse/displaywidth github.com/prometheus/client_golang/prometheus github.com/prometheus/client_golang/prometheus/promhttp github.com/spf13/cobra github.com/spf13/pflag golang.org/x/sys/unix
cmd/goperf: golang.org/x/term

ebpf:        golang.org/x/sys/unix
ebpf/attach: github.com/cilium/ebpf github.com/cilium/ebpf/btf github.com/cilium/ebpf/link github.com/cilium/ebpf/ringbuf golang.org/x/sys/unix
ebpf/audit:  github.com/cilium/ebpf golang.org/x/sys/unix
ebpf/audit/policy: github.com/goccy/go-yaml/ast
ebpf/offcpu: github.com/cilium/ebpf
ebpf/oncpu:  github.com/cilium/ebpf
ebpf/sched:  github.com/cilium/ebpf
ebpf/park:   github.com/cilium/ebpf golang.org/x/sys/unix
ebpf/tcp:    github.com/cilium/ebpf golang.org/x/sys/unix
ebpf/sockets: golang.org/x/sys/unix
internal/delayline:      golang.org/x/sys/unix
internal/gcaccuracy:     golang.org/x/sys/unix
internal/truth/connections: golang.org/x/sys/unix
internal/truth/blocks:   golang.org/x/sys/unix
internal/truth/split:    golang.org/x/sys/unix
internal/truth/switches: golang.org/x/sys/unix

internal/folded:    github.com/google/pprof/profile
internal/screens:   github.com/charmbracelet/x/vt golang.org/x/sys/unix
internal/gateaccuracy: github.com/google/pprof/profile
internal/genframes: github.com/google/pprof/profile github.com/rogpeppe/go-internal/txtar
`

// vague are names that say where a package stands and not what it is about.
const vague = `util utils common shared helper helpers types core base model models lib misc`

// arrows reads a text of "name: names" lines, in order.
func arrows(text string) (order []string, to map[string][]string) {
	to = map[string][]string{}
	for line := range strings.Lines(text) {
		from, list, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		from = strings.TrimSpace(from)
		order = append(order, from)
		to[from] = strings.Fields(list)
	}
	return order, to
}

// checkText says what is wrong with the policy itself.
func checkText(text string) []string {
	var problems []string
	order, to := arrows(text)
	seen := map[string]bool{}
	for _, from := range order {
		if seen[from] {
			problems = append(problems, fmt.Sprintf("layers: %s has two lines", from))
		}
		for _, dep := range to[from] {
			if !seen[dep] {
				problems = append(problems, fmt.Sprintf("layers: %s may not import %s: it is not above it", from, dep))
			}
		}
		seen[from] = true
	}
	return problems
}

// checkLayers finds imports inside the module that the policy does not allow,
// and packages that it does not know.
func checkLayers(files []*file, text string) []string {
	var problems []string
	_, allowed := arrows(text)
	dirs := packages(shipped(files))
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		if _, known := allowed[dir]; !known {
			problems = append(problems, fmt.Sprintf("%s: a package without a line in the layers of internal/arch", dir))
			continue
		}
		for _, f := range dirs[dir] {
			for _, imported := range f.imports() {
				to, inside := strings.CutPrefix(imported, module+"/")
				if inside && !slices.Contains(allowed[dir], to) {
					problems = append(problems, fmt.Sprintf("%s: %s may not import %s", f.path, dir, to))
				}
			}
		}
	}
	for dir := range allowed {
		if dirs[dir] == nil {
			problems = append(problems, fmt.Sprintf("%s: a line in the layers without a package", dir))
		}
	}
	slices.Sort(problems)
	return problems
}

// checkOutside finds imports of other modules that nobody has accounted for.
func checkOutside(files []*file, text string) []string {
	var problems []string
	_, allowed := arrows(text)
	for _, f := range shipped(files) {
		for _, imported := range f.imports() {
			host, _, _ := strings.Cut(imported, "/")
			if !strings.Contains(host, ".") || strings.HasPrefix(imported, module) {
				continue
			}
			if !slices.Contains(allowed[f.dir], imported) {
				problems = append(problems, fmt.Sprintf("%s: %s is built on %s, which internal/arch does not list", f.path, f.dir, imported))
			}
		}
	}
	return problems
}

// checkPure finds the world in packages that must not touch it, and doors to it
// that nothing goes through.
func checkPure(files []*file, dirs string, doors map[string]string) []string {
	var problems []string
	open := maps.Clone(doors)
	for _, f := range shipped(files) {
		if !slices.Contains(strings.Fields(dirs), f.dir) {
			continue
		}
		found := worldIn(f)
		if _, door := doors[f.path]; door && len(found) > 0 {
			delete(open, f.path)
			continue
		}
		problems = append(problems, found...)
	}
	for path := range open {
		problems = append(problems, fmt.Sprintf("%s: a door to the world that nothing goes through", path))
	}
	return problems
}

// worldIn finds what a file imports of the world, and where it asks the clock.
func worldIn(f *file) []string {
	var problems []string
	for _, imported := range f.imports() {
		if worldly(imported) {
			problems = append(problems, fmt.Sprintf("%s: %s is pure and may not import %s", f.path, f.dir, imported))
		}
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if x, ok := selector.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(strings.Fields(clock), selector.Sel.Name) {
			problems = append(problems, fmt.Sprintf("%s: %s is pure and may not ask time.%s", f.at(n), f.dir, selector.Sel.Name))
		}
		return true
	})
	return problems
}

// alone are the packages that others import into their services. They bring no
// code with them but goperf's and the standard library's.
const alone = `gctune gctune/handler`

// checkAlone finds what the packages that stand alone are built on, directly or
// by way of another, among the modules of others.
func checkAlone(dirs, layers, outside string) []string {
	var problems []string
	_, below := arrows(layers)
	_, foreign := arrows(outside)
	todo := strings.Fields(dirs)
	for i := 0; i < len(todo); i++ {
		if modules := foreign[todo[i]]; len(modules) > 0 {
			problems = append(problems, fmt.Sprintf("%s: is part of what services import, and is built on %s", todo[i], strings.Join(modules, " ")))
		}
		for _, dep := range below[todo[i]] {
			if !slices.Contains(todo, dep) {
				todo = append(todo, dep)
			}
		}
	}
	return problems
}

func worldly(imported string) bool {
	for w := range strings.FieldsSeq(world) {
		if imported == w || strings.HasSuffix(w, "/") && strings.HasPrefix(imported, w) {
			return true
		}
	}
	return false
}

// checkNames finds packages that are named for their place in the graph.
func checkNames(files []*file) []string {
	var problems []string
	for dir, fs := range packages(files) {
		if name := fs[0].ast.Name.Name; slices.Contains(strings.Fields(vague), name) {
			problems = append(problems, fmt.Sprintf("%s: %q says nothing about what the package is for", dir, name))
		}
	}
	slices.Sort(problems)
	return problems
}
