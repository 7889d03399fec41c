package park

//go:generate go tool bpf2go -tags linux -target amd64 -no-global-types park park.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror
