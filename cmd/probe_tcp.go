package cmd

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/ebpf/probe"
	"github.com/goperf/goperf/ebpf/tcp"
)

// tcpOptions are what the command adds to those of all probes.
type tcpOptions struct {
	probe   tcp.Options
	events  string
	metrics string
}

func newTCPCommand(env Env) *cobra.Command {
	var o tcpOptions
	cmd := newOneProbeCommand(env, tcp.Name, "Watch TCP connections: connect latency, round trips, retransmissions, accept queues, leaks",
		func() probe.Probe { return tcp.Probe(o.probe) })
	cmd.Use = tcp.Name + " [pid:N] | " + tcp.Name + " -- COMMAND"
	cmd.Long = `Watch the TCP connections of a process, or without a target those of all processes in
the network namespace of goperf: how long connecting and the accept queue take,
round trips and retransmissions by peer, the code that opens connections and does not
close them, and what is about to run out. Connections that were there before the probe
are seen too, but not who opened them.

The flags say from where on something is an anomaly.`
	cmd.Example += "\ngoperf probe tcp                            # all processes of this network namespace\ngoperf probe tcp pid:4711 --duration 5m --idle 1m\ngoperf probe tcp pid:4711 --duration 24h --events tcp.jsonl --metrics :9464"
	defaults := tcp.Thresholds{}.Filled()
	f := cmd.Flags()
	f.IntVar(&o.probe.Thresholds.Flood, "flood", defaults.Flood, "`number` of new or half-open connections from one address in a second")
	f.DurationVar(&o.probe.Thresholds.Idle, "idle", defaults.Idle, "`time` without data after which an established connection is leaked")
	f.DurationVar(&o.probe.Thresholds.CloseWait, "close-wait", defaults.CloseWait, "`time` within which a connection that the peer closed is to be closed")
	f.DurationVar(&o.probe.Thresholds.SlowConnect, "slow-connect", defaults.SlowConnect, "`time` from which on a connect is slow")
	f.Float64Var(&o.probe.Thresholds.Retransmits, "retransmits", defaults.Retransmits, "`share` of the segments that are sent again")
	f.Float64Var(&o.probe.Thresholds.Surge, "surge", defaults.Surge, "retransmissions against what was usual before, as a `factor`")
	f.DurationVar(&o.probe.Thresholds.Ahead, "ahead", defaults.Ahead, "say what runs out within this `time`")
	f.StringVar(&o.events, "events", "", "append connections and anomalies to this `file` as they happen, as lines of JSON")
	f.StringVar(&o.metrics, "metrics", "", "serve metrics for Prometheus on this `address`; one without a host is on loopback")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := o.check(); err != nil {
			return err
		}
		return o.told(cmd.Context(), env, func() error { return run(cmd, args) })
	}
	return cmd
}

// told runs the probe with the log and the metrics that were asked for.
func (o *tcpOptions) told(ctx context.Context, env Env, run func() error) (err error) {
	log, err := openEventLog(env, o.events)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.close()) }()
	o.probe.Events = func(e tcp.Event) { log.add(e) }
	if o.metrics == "" {
		return run()
	}
	m := newTCPMetrics()
	stop, err := serveMetrics(ctx, env, o.metrics, m.registry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	o.probe.Events = func(e tcp.Event) { log.add(e); m.event(e) }
	o.probe.Looks = m.look
	return run()
}

func (o *tcpOptions) check() error {
	t := o.probe.Thresholds
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
