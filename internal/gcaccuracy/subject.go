//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
)

// subject is a program that is observed.
type subject struct {
	name    string
	doc     string
	module  string // of the module proxy, with its version; "" is a load of internal/gcload
	program string // package to build
	source  string // a main of our own over the module's packages, "" when it has one
	files   map[string]string
	args    func(d deployment) []string
	pprof   func(d deployment) string                                  // where net/http/pprof is
	drive   func(ctx context.Context, d deployment, warm func()) error // calls warm when what is kept is there
	burst   burst                                                      // nil when it has none on request
}

// deployment is a started subject: a folder and addresses of its own.
type deployment struct {
	dir   string
	addrs [3]string     // loopback
	done  *atomic.Int64 // requests that were answered
}

// deploy makes room for a subject.
func deploy(ctx context.Context, s subject, dir string) (deployment, error) {
	d := deployment{dir: dir, done: new(atomic.Int64)}
	for i := range d.addrs {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return d, err
		}
		d.addrs[i] = l.Addr().String()
		defer l.Close() // all at once, or one port may come twice
	}
	for name, text := range s.files {
		for i, addr := range d.addrs {
			text = strings.ReplaceAll(text, "ADDR"+strconv.Itoa(i), addr)
		}
		text = strings.ReplaceAll(text, "DIR", dir)
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return d, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return d, err
		}
	}
	return d, nil
}

func (d deployment) port(i int) string {
	_, port, _ := strings.Cut(d.addrs[i], ":")
	return port
}

// synthetic is a load of internal/gcload, with so many times its own requests.
func synthetic(name, rate, doc string) subject {
	return subject{
		name: name, doc: doc, program: "./internal/gcload",
		args:  func(d deployment) []string { return []string{"-load", name, "-rate", rate, "-listen", d.addrs[0]} },
		pprof: func(d deployment) string { return "http://" + d.addrs[0] },
		burst: burstLoad,
		drive: func(ctx context.Context, _ deployment, warm func()) error {
			warm() // it is its own load
			<-ctx.Done()
			return nil
		},
	}
}

var subjects = []subject{
	synthetic("steady", "4", "a cache of 200 MB, of which random entries are replaced"),
	synthetic("pointers", "4", "trees of small nodes, of which branches are replaced"),
	synthetic("bursty", "2", "50 MB, and a batch of 60 to 130 MB every few seconds"),
	synthetic("stacks", "2", "4,000 goroutines with deep stacks over a small heap"),
	synthetic("tiny", "1", "no live heap to speak of, and much garbage"),
	{
		name: "etcd", doc: "20,000 keys, 200 puts and 600 ranges a second over its JSON gateway",
		module: "go.etcd.io/etcd/server/v3@v3.7.3", program: "go.etcd.io/etcd/server/v3",
		args: func(d deployment) []string {
			client, peer := "http://"+d.addrs[0], "http://"+d.addrs[1]
			return []string{
				"--data-dir", d.dir + "/data", "--listen-client-urls", client, "--advertise-client-urls", client, "--listen-peer-urls", peer,
				"--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer, "--enable-pprof", "--unsafe-no-fsync", "--log-level", "error",
			}
		},
		pprof: func(d deployment) string { return "http://" + d.addrs[0] }, drive: driveEtcd, burst: burstEtcd,
	},
	{
		name: "nats", doc: "a JetStream memory stream of the last 20,000 messages of 700 bytes, 30,000 more a second, one subscriber",
		module: "github.com/nats-io/nats-server/v2@v2.15.2", program: "github.com/nats-io/nats-server/v2",
		args: func(d deployment) []string {
			return []string{"-a", "127.0.0.1", "-p", d.port(0), "-js", "-sd", d.dir, "-profile", d.port(1)}
		},
		pprof: func(d deployment) string { return "http://" + d.addrs[1] }, drive: driveNATS, burst: burstNATS,
	},
	{
		name: "caddy", doc: "a map of 40,000 moved pages; templates, gzip and files, 1,000 requests a second",
		module: "github.com/caddyserver/caddy/v2@v2.11.9", program: "github.com/caddyserver/caddy/v2/cmd/caddy",
		files: caddyFiles,
		args: func(d deployment) []string {
			return []string{"run", "--config", d.dir + "/Caddyfile", "--adapter", "caddyfile"}
		},
		pprof: func(d deployment) string { return "http://" + d.addrs[1] }, drive: driveCaddy, burst: burstCaddy,
	},
	{
		name: "prometheus", doc: "scrapes 10,000 series every second, answers 20 range queries a second",
		module: "github.com/prometheus/prometheus@v0.316.0", program: "github.com/prometheus/prometheus/cmd/prometheus",
		files: map[string]string{"prometheus.yml": "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: many\n    static_configs:\n      - targets: ['ADDR1']\n"},
		args: func(d deployment) []string {
			return []string{"--config.file", d.dir + "/prometheus.yml", "--storage.tsdb.path", d.dir + "/data", "--web.listen-address", d.addrs[0], "--log.level", "error"}
		},
		pprof: func(d deployment) string { return "http://" + d.addrs[0] }, drive: drivePrometheus,
	},
	{
		name: "nsqd", doc: "10,000 queued messages of 700 bytes, 60,000 a second in and out",
		module: "github.com/nsqio/nsq@v1.3.0", program: ".", source: nsqMain,
		args: func(d deployment) []string {
			return []string{"-http", d.addrs[0], "-tcp", d.addrs[1], "-data", d.dir}
		},
		pprof: func(d deployment) string { return "http://" + d.addrs[0] }, drive: driveNSQ, burst: burstNSQ,
	},
	{
		name: "victoria", doc: "VictoriaMetrics: 10,000 series pushed each second, 10 range queries a second; its caches are outside of the Go heap",
		module: "github.com/VictoriaMetrics/VictoriaMetrics@v1.136.0", program: "github.com/VictoriaMetrics/VictoriaMetrics/app/victoria-metrics",
		args: func(d deployment) []string {
			return []string{"-storageDataPath", d.dir + "/data", "-httpListenAddr", d.addrs[0], "-memory.allowedBytes", "256MB", "-loggerLevel", "ERROR"}
		},
		pprof: func(d deployment) string { return "http://" + d.addrs[0] }, drive: driveVictoria,
	},
}

func find(name string) (subject, bool) {
	i := slices.IndexFunc(subjects, func(s subject) bool { return s.name == name })
	if i < 0 {
		return subject{}, false
	}
	return subjects[i], true
}

func (s subject) String() string { return fmt.Sprintf("%s: %s", s.name, s.doc) }
