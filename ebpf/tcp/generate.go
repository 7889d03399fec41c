package tcp

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types tcp tcp.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror
