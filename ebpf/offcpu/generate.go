package offcpu

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types offcpu offcpu.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror
//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types offcpuRaw offcpu.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror -DRAW
//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types offcpuClassic offcpu.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror -DCLASSIC
