package sched

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types sched sched.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror
//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types schedRaw sched.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror -DRAW
//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types schedClassic sched.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror -DCLASSIC
