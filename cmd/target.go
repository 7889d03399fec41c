package cmd

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/goperf/goperf/demo"
)

// targetOptions say how evidence is collected; analyze and collect share them.
type targetOptions struct {
	duration   time.Duration
	headers    []string
	bearer     string
	bearerFile string
	basic      string
	caFile     string
	certFile   string
	keyFile    string
	insecure   bool
	noTrace    bool
	goroutines string
	quiet      bool
}

// defaultDuration is long enough for the rare function and short enough to
// wait for: 30 s of one busy core are 3,000 samples.
const defaultDuration = 30 * time.Second

func addTargetFlags(cmd *cobra.Command) *targetOptions {
	o := &targetOptions{}
	f := cmd.Flags()
	f.DurationVar(&o.duration, "duration", defaultDuration, "observe a running service for this `time`")
	f.StringArrayVarP(&o.headers, "header", "H", nil, "send this `\"Name: value\"` with every request; may be repeated")
	f.StringVar(&o.bearer, "bearer", "", "send this `token` as \"Authorization: Bearer\"; others on this machine can see it")
	f.StringVar(&o.bearerFile, "bearer-file", "", "like --bearer, with the token in a `file`")
	f.StringVar(&o.basic, "basic", "", "log in as `user:password`")
	f.StringVar(&o.caFile, "cacert", "", "trust the certificates in this PEM `file`")
	f.StringVar(&o.certFile, "cert", "", "client certificate in a PEM `file`, with --key")
	f.StringVar(&o.keyFile, "key", "", "key of the client certificate in a PEM `file`")
	f.BoolVar(&o.insecure, "insecure", false, "do not check the server's certificate")
	f.BoolVar(&o.noTrace, "no-trace", false, "do not take an execution trace")
	f.StringVar(&o.goroutines, "goroutines", "auto", "`when` to ask for every goroutine's state, which pauses the service: "+strings.Join(whens, ", ")+" (auto: below 1,000)")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress")
	complete(cmd, "goroutines", whens)
	cmd.ValidArgsFunction = completeTarget
	return o
}

// completeTarget offers the kinds of target that are not files, and files.
func completeTarget(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(word, "demo") {
		names := []string{"demo"}
		for _, s := range demo.All {
			names = append(names, "demo:"+s.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	kinds := []string{"demo", "http://127.0.0.1:", "https://", "unix:///"}
	var fit []string
	for _, k := range kinds {
		if strings.HasPrefix(k, word) {
			fit = append(fit, k)
		}
	}
	if word != "" && len(fit) > 0 {
		return fit, cobra.ShellCompDirectiveNoSpace
	}
	return nil, cobra.ShellCompDirectiveDefault
}
