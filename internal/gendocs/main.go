// Command gendocs writes the documents that are made from the code:
//
//	go run ./internal/gendocs    # docs/rules.md from rules.All, docs/keys.md from tui.Keys
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/goperf/goperf/rules"
	"github.com/goperf/goperf/tui"
)

func main() {
	for name, page := range map[string][]byte{"rules.md": catalogue(rules.All()), "keys.md": keysPage(tui.Keys())} {
		if err := os.WriteFile(filepath.Join("docs", name), page, 0o644); err != nil {
			fmt.Fprintf(os.Stderr, "gendocs: %v (run it from the root of the repository)\n", err)
			os.Exit(1)
		}
	}
}
