package cmd

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
)

// lastOutput keeps the last of what a program writes while nobody can see it.
type lastOutput struct {
	mu   sync.Mutex
	b    []byte
	lost int64
}

// mostOutput is what is kept; twice that is held while it comes.
const mostOutput = 256 << 10

// Write never fails: the program is not to notice.
func (l *lastOutput) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(b)
	l.b = append(l.b, b...)
	if over := len(l.b) - mostOutput; over > mostOutput || len(b) > mostOutput {
		l.drop(over)
	}
	return n, nil
}

func (l *lastOutput) drop(n int) {
	if n > 0 {
		l.lost += int64(n)
		l.b = append(l.b[:0], l.b[n:]...)
	}
}

// tell writes what was kept.
func (l *lastOutput) tell(w io.Writer) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop(len(l.b) - mostOutput)
	if l.lost > 0 {
		fmt.Fprintf(w, "goperf: the last %d bytes of what the command wrote, %d before them are gone\n", len(l.b), l.lost)
	}
	_, err := w.Write(l.b)
	return err
}

// lines are the last whole lines, at most n of them.
func (l *lastOutput) lines(n int) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	end := bytes.LastIndexByte(l.b, '\n')
	if end < 0 {
		return nil
	}
	from := end
	for i := 0; i < n && from >= 0; i++ {
		from = bytes.LastIndexByte(l.b[:from], '\n')
	}
	return strings.Split(string(l.b[from+1:end]), "\n")
}
