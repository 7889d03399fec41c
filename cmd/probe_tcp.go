package cmd

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/tcp"
)

// tcpOptions are what the command adds to those of all probes.
type tcpOptions struct {
	thresholds tcp.Thresholds
}

func newTCPCommand(env Env) *cobra.Command {
	var o tcpOptions
	cmd := newOneProbeCommand(env, tcp.Name, "Watch TCP connections: connect latency, round trips, retransmissions, accept queues, leaks",
		func() probe.Probe { return tcp.Probe(tcp.Options{Thresholds: o.thresholds}) })
	cmd.Long = `Watch the TCP connections of a process: how long connecting and the accept queue take,
round trips and retransmissions by peer, the code that opens connections and does not
close them, and what is about to run out. Connections that were there before the probe
are seen too, but not who opened them.

The flags say from where on something is an anomaly.`
	cmd.Example += "\ngoperf probe tcp pid:4711 --duration 5m --idle 1m"
	defaults := tcp.Thresholds{}.Filled()
	f := cmd.Flags()
	f.IntVar(&o.thresholds.Flood, "flood", defaults.Flood, "`number` of new or half-open connections from one address in a second")
	f.DurationVar(&o.thresholds.Idle, "idle", defaults.Idle, "`time` without data after which an established connection is leaked")
	f.DurationVar(&o.thresholds.CloseWait, "close-wait", defaults.CloseWait, "`time` within which a connection that the peer closed is to be closed")
	f.DurationVar(&o.thresholds.SlowConnect, "slow-connect", defaults.SlowConnect, "`time` from which on a connect is slow")
	f.Float64Var(&o.thresholds.Retransmits, "retransmits", defaults.Retransmits, "`share` of the segments that are sent again")
	f.Float64Var(&o.thresholds.Surge, "surge", defaults.Surge, "retransmissions against what was usual before, as a `factor`")
	f.DurationVar(&o.thresholds.Ahead, "ahead", defaults.Ahead, "say what runs out within this `time`")
	cmd.PreRunE = func(*cobra.Command, []string) error { return o.check() }
	return cmd
}

func (o *tcpOptions) check() error {
	t := o.thresholds
	switch {
	case t.Flood < 1:
		return usageError("for example: --flood 100", "--flood: %d: want 1 or more", t.Flood)
	case !(t.Retransmits > 0 && t.Retransmits <= 1):
		return usageError("for example: --retransmits 0.01", "--retransmits: %v: want a share above 0, up to 1", t.Retransmits)
	case !(t.Surge > 1 && t.Surge <= 1e6):
		return usageError("for example: --surge 4", "--surge: %v: want a factor above 1", t.Surge)
	}
	for name, d := range map[string]time.Duration{"idle": t.Idle, "close-wait": t.CloseWait, "slow-connect": t.SlowConnect, "ahead": t.Ahead} {
		if d < time.Millisecond {
			return usageError("for example: --"+name+" 1m", "--%s: %v: want 1ms or more", name, d)
		}
	}
	return nil
}
