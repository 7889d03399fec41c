package advise

import (
	"fmt"

	"github.com/goperf/goperf/gctune/pacer"
	"github.com/goperf/goperf/report"
)

// Grade is the confidence as a letter, and the one reason that limits it most.
func (s *Study) Grade() (grade, reason, hint string) {
	if len(s.Seen.Doubts) == 0 {
		return "A", "", ""
	}
	d := s.Seen.Doubts[0]
	if d.Grave > 1 {
		return "C", d.Text, d.Hint
	}
	return "B", d.Text, d.Hint
}

// probability is a grade as the probability that the advice is right.
func probability(grade string) float64 {
	switch grade {
	case "A":
		return 0.9
	case "B":
		return 0.75
	}
	return 0.55
}

// worthNotice is the share of the process's CPU from which a gain is news.
const worthNotice = 0.02

// Finding is the recommendation, or why there is none. Its severity is the
// level of the present setting: red is critical, amber a warning.
func (s *Study) Finding() report.Finding {
	grade, _, _ := s.Grade()
	o, a := s.Seen.Observation, s.Advice
	f := report.Finding{Rule: "gc-setting", Mechanism: "gc-pressure", Confidence: probability(grade), Title: s.title(), Because: s.because(), Advice: s.steps()}
	if a.Level != pacer.Green {
		f.Mechanism = "memory-limit-risk"
	}
	if s.Model.Trend().Leaking {
		f.Mechanism = "memory-leak"
	}
	switch gain := s.gain(); {
	case a.Level == pacer.Red:
		f.Severity = report.Critical
	case a.Level == pacer.Amber:
		f.Severity = report.Warning
	case gain.Mid > worthNotice*o.CPU.Process:
		f.Severity = report.Notice
	}
	f.Cost = report.Cost{Resource: "gc", Unit: "cores", Amount: float64(o.CPU.GC), Of: "process CPU"}
	if o.CPU.Process > 0 {
		f.Cost.Share = min(float64(o.CPU.GC/o.CPU.Process), 1)
		f.Cost.Low, f.Cost.High = f.Cost.Share, f.Cost.Share
	}
	if gain := s.gain(); gain.Mid > 0 {
		f.Saving = report.Range{Low: max(float64(gain.Low), 0), High: float64(gain.High), Unit: "cores", Basis: "the model of the collector"}
		if o.CPU.Process > 0 {
			f.Saving.Share = min(float64(gain.Mid/o.CPU.Process), 1)
		}
	}
	return f
}

// gain is the collector's CPU that the recommendation saves.
func (s *Study) gain() pacer.Band[pacer.Cores] {
	best := s.Advice.Best.GC
	now := s.Seen.CPU.GC
	if !s.Advice.Advised || best.Mid <= 0 || now <= 0 {
		return pacer.Band[pacer.Cores]{}
	}
	return pacer.Band[pacer.Cores]{Low: now - best.High, Mid: now - best.Mid, High: now - best.Low}
}

func (s *Study) title() string {
	a := s.Advice
	switch {
	case !a.Advised:
		return "No setting is advised: " + a.Reason
	case a.Best.Setting == s.Seen.Setting:
		return "Keep " + a.Best.Setting.String() + ": it is what the model would choose"
	}
	return "Set " + a.Best.Setting.String() + s.effectInShort()
}

// effectInShort is ": GC CPU −41 %, peak RSS +12 %".
func (s *Study) effectInShort() string {
	b, o := s.Advice.Best, s.Seen.Observation
	text := ""
	if b.GC.Mid > 0 && o.CPU.GC > 0 {
		text += fmt.Sprintf(": GC CPU %s", change(float64(b.GC.Mid/o.CPU.GC)))
	} else if b.Cycles.Mid > 0 {
		text += fmt.Sprintf(": collections %s", change(float64(b.Cycles.Mid/(o.Cadence.Every+o.Cadence.Forced))))
	}
	if b.RSS.Mid > 0 && o.Memory.Peak > 0 {
		text += fmt.Sprintf(", peak RSS %s", change(float64(b.RSS.Mid/o.Memory.Peak)))
	}
	return text
}

// change is a ratio as "−41 %".
func change(ratio float64) string {
	p := 100 * (ratio - 1)
	switch {
	case p > -0.5 && p < 0.5:
		return "unchanged"
	case p < 0:
		return fmt.Sprintf("−%.0f %%", -p)
	}
	return fmt.Sprintf("+%.0f %%", p)
}

// model marks a number as predicted.
const model = "model"

// because are the numbers that the advice rests on.
func (s *Study) because() []report.Fact {
	a := s.Advice
	var out []report.Fact
	add := func(name string, v float64, unit, source string) {
		f := report.Fact{Text: name, Value: v, Unit: unit, Source: source}
		if source == model {
			f.Source, f.Doubt = s.heapSource(), "predicted"
		}
		if v > 0 {
			out = append(out, f)
		}
	}
	if a.Risk != "" {
		f := report.Fact{Text: "risk now: " + a.Risk, Source: s.heapSource(), Doubt: "predicted"}
		if a.Measured {
			f.Doubt = ""
		}
		out = append(out, f)
	}
	add("largest live heap that the setting has to bear", float64(a.Worst), "B", model)
	if s.Terms.Container > 0 {
		add("memory limit of the container", float64(s.Terms.Container), "B", "host")
		if !s.Model.Trend().Unsteady() {
			add("smallest sensible container", float64(a.Container), "B", model)
		}
	}
	add("of it kept for others", float64(s.Terms.Reserve), "B", "host")
	if a.Advised {
		add("effective GOGC at that live heap", float64(a.Effective), "percent", model)
		if a.Best.Setting.Limit > 0 {
			add("live heap up to which the limit amounts to GOGC=25", float64(a.Survives), "B", model)
		}
		bound := "peak RSS, not above"
		if s.Seen.Memory.File > 0 {
			bound += ", mapped files included that the kernel can drop"
		}
		add(bound, float64(a.Best.Bound), "B", model)
	}
	if a.TimeLeft > 0 {
		add("until the limit at this growth", float64(a.TimeLeft), "s", model)
	}
	if t := s.Model.Trend(); t.Leaking {
		add("growth of the live heap", float64(t.Slope), "B/s", s.heapSource())
	}
	return out
}

// steps say what to do, in order.
func (s *Study) steps() []string {
	a := s.Advice
	var out []string
	switch {
	case s.Model.Trend().Leaking:
		out = append(out, "Find what keeps the memory: goperf analyze of the same target names who allocated what stays. No setting helps meanwhile; the limit only moves the end.")
	case a.Advised && a.Best.Setting != s.Seen.Setting:
		out = append(out, "Set in the environment: "+a.Best.Setting.String()+" (goperf gc --emit k8s-patch, systemd, docker and others print it ready to apply).")
		out = append(out, "Observe again under the same load: goperf gc with --observe-also and this observation saved tells predicted from actual.")
	}
	if s.Seen.Setting.Limit <= 0 && a.Best.Setting.Limit > 0 {
		out = append(out, "Do not take the limit from resourceFieldRef: it gives the whole container, and the node's memory where there is no limit.")
	}
	if a.Raise > 0 {
		out = append(out, "Raise GOMEMLIMIT to "+report.FormatValue(float64(a.Raise), "B")+" or more, or lift it (GOMEMLIMIT=off), if the machine has the memory; with --limit and the container's size a pair is recommended.")
	}
	if a.Level == pacer.Red && s.Terms.Container > 0 && !a.Advised {
		out = append(out, "Give the container at least "+report.FormatValue(float64(a.Container), "B")+", or make the live heap smaller.")
	}
	return out
}
