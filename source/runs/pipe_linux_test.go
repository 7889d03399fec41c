package runs

import (
	"fmt"
	"io"
	"os"
	"testing"
)

// What a shell makes of <(curl -s URL) is read to its end.
func TestPipeOfAShell(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		_, _ = io.WriteString(w, "BenchmarkX 100 12 ns/op\n") // the other end says what is wrong
		_ = w.Close()
	}()
	s, err := Load("", fmt.Sprintf("/dev/fd/%d", r.Fd()))
	if err != nil || len(s.Runs) != 1 || len(s.Runs[0].Bench) != 1 {
		t.Errorf("%+v, %v", s, err)
	}
}
