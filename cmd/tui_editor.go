package cmd

import (
	"cmp"
	"context"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// editor opens files in the user's editor, nil when none is set. What VISUAL or
// EDITOR holds may have arguments of its own, and be written for a shell.
func (e Env) editor(ctx context.Context) func(file string, line int) *exec.Cmd {
	text := strings.TrimSpace(cmp.Or(e.getenv("VISUAL"), e.getenv("EDITOR")))
	words := strings.Fields(text)
	if len(words) == 0 {
		return nil
	}
	if strings.ContainsAny(text, "|&;<>()$`\\\"'*?[#~=%") && runtime.GOOS != "windows" { // as git does
		program := words[0]
		if q := text[0]; q == '"' || q == '\'' {
			program, _, _ = strings.Cut(text[1:], string(q))
		}
		return func(file string, line int) *exec.Cmd {
			return exec.CommandContext(ctx, "sh", append([]string{"-c", text + ` "$@"`, text}, at(filepath.Base(program), file, line)...)...)
		}
	}
	return func(file string, line int) *exec.Cmd {
		args := append(words[1:len(words):len(words)], at(filepath.Base(words[0]), file, line)...)
		return exec.CommandContext(ctx, words[0], args...)
	}
}

// at is how an editor is told where to begin; those that are not known get the
// file alone.
func at(editor, file string, line int) []string {
	n := strconv.Itoa(max(line, 1))
	switch strings.TrimSuffix(editor, ".exe") {
	case "vi", "vim", "nvim", "view", "nano", "pico", "emacs", "emacsclient", "kak", "micro", "joe", "ne", "mg", "gedit", "kate":
		return []string{"+" + n, file}
	case "code", "codium", "cursor":
		return []string{"--goto", file + ":" + n}
	case "hx", "helix", "subl", "zed":
		return []string{file + ":" + n}
	}
	return []string{file}
}
