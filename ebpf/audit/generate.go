package audit

//go:generate go tool bpf2go -tags linux -target amd64,arm64 -no-global-types audit audit.bpf.c -- -I../bpf -O2 -mcpu=v3 -Wall -Werror
