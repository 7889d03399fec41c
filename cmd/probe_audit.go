package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/ebpf/audit"
	"github.com/goperf/goperf/ebpf/audit/policy"
	"github.com/goperf/goperf/ebpf/probe"
)

// auditOptions are what the audit probe is asked beyond what all are.
type auditOptions struct {
	policy string
	events string
	probe  audit.Options
}

func newAuditCommand(env Env) *cobra.Command {
	var o auditOptions
	cmd := newOneProbeCommand(env, audit.Name, "Tell what the process executes, opens and connects to, and what a policy says of it",
		func() probe.Probe { return audit.Probe(o.probe) })
	cmd.Use = "audit pid:N | audit cgroup:DIR | audit -- COMMAND"
	cmd.Long = `Tell what the process, and those it starts, execute (execve), open (openat, openat2) and
connect to, with the function and the goroutine that did it, and what a policy says of it.
It detects and does not enforce: nothing is held up.

A policy is a file of lists. A section with an allow list tells what is not on it, one
with a deny list alone what is on that; without a section the kind is not looked at. The
rule that says most wins. Without a policy everything is told.

  exec:
    allow: [/usr/bin/git, /opt/shop/]
  open:
    deny: [/etc/shadow, /root/, /tmp/upload-*]
  connect:
    allow: [10.0.0.0/8, "10.1.2.3:5432", "[::1]:53", "unix:/run/shop.sock"]

A changed file is put into force at once, and on SIGHUP, without a gap; one that is
broken leaves the policy before it in force. Paths are those that the process gives:
relative ones are made absolute, links are not followed.`
	cmd.Example = `goperf probe audit pid:4711 --duration 1m
goperf probe audit pid:4711 --policy shop.yaml --events audit.jsonl --duration 24h
goperf probe audit cgroup:/sys/fs/cgroup/system.slice/shop.service --policy shop.yaml
goperf probe audit --policy shop.yaml -- ./shop`
	f := cmd.Flags()
	f.StringVar(&o.policy, "policy", "", "judge by the lists in this `file` (YAML)")
	f.StringVar(&o.events, "events", "", "append each event to this `file` as it happens, as lines of JSON")
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, cancel := context.WithCancel(cmd.Context())
		defer cancel()
		if err := o.usePolicy(ctx, env); err != nil {
			return err
		}
		log, err := openEventLog(env, o.events)
		if err != nil {
			return err
		}
		o.probe.Sink = func(e audit.Event) { log.add(e) }
		return errors.Join(run(cmd, args), log.close())
	}
	return cmd
}

// usePolicy reads the policy and keeps it true to its file until ctx ends.
func (o *auditOptions) usePolicy(ctx context.Context, env Env) error {
	if o.policy == "" {
		return nil
	}
	seen := stampOf(env, o.policy)
	p, err := readPolicy(env, o.policy)
	if err != nil {
		return usageError(hintOf(err), "%w", err)
	}
	updates := make(chan *policy.Policy)
	o.probe.Policy, o.probe.Updates = p, updates
	var hangup <-chan struct{}
	if env.Hangup != nil {
		hangup = env.Hangup(ctx)
	}
	go followPolicy(ctx, env, o.policy, seen, hangup, updates)
	return nil
}

func readPolicy(env Env, file string) (*policy.Policy, error) {
	data, err := readText(env, file, policy.MaxBytes)
	if err != nil {
		return nil, err
	}
	return policy.Parse(filepath.Base(file), data)
}

// stamp tells whether a file is what it was.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(env Env, file string) stamp {
	info, err := os.Stat(env.path(file))
	if err != nil {
		return stamp{}
	}
	return stamp{info.ModTime(), info.Size()}
}

// policyEvery is how often the file of a policy is looked at. Watching it in the
// kernel would miss files that are replaced by a link to another directory, as
// Kubernetes does it.
const policyEvery = 500 * time.Millisecond

// followPolicy sends the policy again whenever its file has changed, or at once
// on a hangup.
func followPolicy(ctx context.Context, env Env, file string, seen stamp, hangup <-chan struct{}, updates chan<- *policy.Policy) {
	tick := time.NewTicker(policyEvery)
	defer tick.Stop()
	for {
		forced := false
		select {
		case <-ctx.Done():
			return
		case <-hangup:
			forced = true
		case <-tick.C:
		}
		now := stampOf(env, file)
		if now == seen && !forced || now == (stamp{}) && !forced { // being replaced
			continue
		}
		seen = now
		p, err := readPolicy(env, file)
		if err != nil {
			fmt.Fprintf(env.Stderr, "goperf: %s; the policy before it stays in force\n", oneLine(err.Error()))
			continue
		}
		select {
		case <-ctx.Done():
			return
		case updates <- p:
			fmt.Fprintf(env.Stderr, "goperf: %s: another policy is in force, of %d rules\n", oneLine(file), len(p.Rules))
		}
	}
}
