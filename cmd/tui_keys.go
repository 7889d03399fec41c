package cmd

import (
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"runtime"

	"github.com/goperf/goperf/tui"
)

// ownKeys is the table of keys with those of a file: of the one that is named, or
// else of the user's own if there is one; nil without one.
func (e Env) ownKeys(name string) ([]tui.Key, error) {
	file := name
	if file == "" {
		if file = e.configFile("keys.toml"); file == "" {
			return nil, nil
		}
	}
	data, err := e.readInput(file)
	if name == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, usageError("goperf tui --print-keys writes one", "--keys: %w", err)
	}
	table, err := tui.Bind(data)
	if bad, ok := errors.AsType[*tui.BindError](err); ok {
		return nil, usageError("goperf tui --print-keys writes a file that is right", "%s:%d: %s", file, bad.Line, bad.Text)
	}
	return table, err
}

// configFile is a file of the user's own settings of goperf, "" when there is no
// place for any.
func (e Env) configFile(name string) string {
	dir := e.getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // by its specification others are ignored
		dir = ""
	}
	if dir == "" && runtime.GOOS == "windows" {
		dir = e.getenv("AppData")
	}
	if home := e.getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "goperf", name)
}

// printKeys writes the keys that are in effect.
func printKeys(env Env, file string) error {
	table, err := env.ownKeys(file)
	if err != nil {
		return err
	}
	if table == nil {
		table = tui.Keys()
	}
	return env.writeFile("", func(w io.Writer) error {
		_, err := w.Write(tui.KeysFile(table))
		return err
	})
}
