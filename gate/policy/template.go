package policy

import (
	"strings"

	"github.com/goperf/goperf/report"
)

// Template is a policy to begin with: the default one, with each key explained.
// A module, when it is known, makes the examples the user's own.
func Template(module string) string {
	name := report.Clean(module)
	line := "# module: example.com/shop      # whose functions are yours; read from the profiles when left out\n"
	if module != "" {
		line = "module: " + quoted(module) + "   # whose functions are yours\n"
	} else {
		name = "example.com/shop"
	}
	return strings.NewReplacer("{{module}}\n", line, "{{name}}", name).Replace(template)
}

// quoted is a double-quoted scalar. Escapes such as \x1b mean the same in YAML.
func quoted(s string) string {
	return `"` + report.Clean(strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)) + `"`
}

const template = `# What "goperf gate" allows. Every key is explained in docs/gate.md; an unknown one is an error.
# yaml-language-server: $schema=https://github.com/goperf/goperf/raw/main/docs/gate-policy.schema.json
version: 1
{{module}}
# How "goperf gate run" measures: pairs of runs of both builds, taken in turns. It looks after the
# first min pairs and from time to time after that, and stops when every budget is settled.
measure:
  pairs: {min: 5, max: 20}
  budget: 10m                   # it ends after this time in any case

# How sure it has to be.
decide:
  false_alarms: 1%              # of what it calls a change, over all functions and metrics
  minimum_effect: 0.25%         # of the total: a function that changed by less did not change
  confidence: 95%               # of the intervals that are shown
  must_detect: 8%               # of the total, or a quarter of the function: runs that would not have shown it are no pass
  on_inconclusive: report       # exit status 4; or: pass (0), fail (1)

# The program as a whole, for each unit of work. A percentage is of the value before; an amount such
# as 2ms or 16B is for each unit of work. CPU time of the whole is noisy, allocation is nearly exact.
budgets:
  cpu:         {max_increase: 10%, level: error}
  alloc_bytes: {max_increase: 1%, level: error}
  mallocs:     {max_increase: 1%, level: error}

# Functions. A percentage is of the total of the program, so cpu: 1% means that a function may take
# 1 % of the CPU time of the whole program more than before. The first rule that matches and has a
# limit for the metric counts; "*" matches anything without a slash, "**" anything.
functions:
  default:
    cpu: 1%
    alloc_space: 2%
    alloc_objects: 2%
    mutex_delay: 100%           # waits for locks have heavy tails
  # rules:
  # - match: "{{name}}/pricing.**"
  #   cpu: 0.5%
  # - match: "encoding/json.**"
  #   cpu: {max_increase: 1%, max_share: 15%}

# Packages: the sum of their functions.
# packages:
#   rules:
#   - match: "{{name}}/store/..."
#     cpu: 2%

# Benchmarks, by name without "Benchmark". A percentage is of the value before.
benchmarks:
  default:
    sec/op: {max_increase: 10%, level: warning}   # time is noisy on shared machines
    B/op: 1%
    allocs/op: 0
  # rules:
  # - match: "Encode/**"
  #   sec/op: 5%

# Functions that may change as they like.
ignore:
- "testing.**"
- "runtime.asyncPreempt"

# Exceptions: capped, owned, for a reason and until a day. After it, the budget counts again.
# waivers:
# - id: PERF-142
#   match: "{{name}}/auth.HashPassword"
#   metric: cpu
#   allow: 2.5%
#   reason: bcrypt cost 10 -> 12
#   owner: "@security"
#   expires: 2027-03-31
`
