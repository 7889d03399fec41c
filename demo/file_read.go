package demo

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
)

var fileReadSickness = Sickness{
	Name:      "file-read",
	Doc:       "Every page reads its twenty partials from disk again, though they change with a release only.",
	Mechanism: "repeated-file-read",
	Accept:    []string{"syscall-storm", "redundant-work", "parse-per-request"},
	Function:  symbol("(*theme).partial"),
	Shows:     "cpu",
	build:     buildTheme,
}

// theme is the folder with the parts of a page.
type theme struct{ folder string }

const partials = 20

func buildTheme(h *host) (*app, error) {
	folder, err := os.MkdirTemp("", "goperf-demo-theme-*")
	if err != nil {
		return nil, err
	}
	h.onStop(func() { _ = os.RemoveAll(folder) })
	t := &theme{folder: folder}
	for i := range partials {
		text := []byte(newStock(8)[i%8].Description)
		if err := os.WriteFile(t.path(i), text, 0o600); err != nil {
			return nil, err
		}
	}
	return &app{
		handler: http.HandlerFunc(t.serve),
		clients: 2,
		rate:    500,
		ask:     func(n int) request { return request{path: "/page/" + strconv.Itoa(n%100)} },
	}, nil
}

func (t *theme) serve(w http.ResponseWriter, _ *http.Request) {
	for i := range partials {
		text, err := t.partial(i)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = w.Write(text)
	}
}

func (t *theme) partial(i int) ([]byte, error) { return os.ReadFile(t.path(i)) }

func (t *theme) path(i int) string {
	return filepath.Join(t.folder, "partial-"+strconv.Itoa(i)+".html")
}
