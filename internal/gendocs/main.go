// Command gendocs writes the documents that are made from the code:
//
//	go run ./internal/gendocs    # docs/rules.md, from rules.All
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/goperf/goperf/rules"
)

func main() {
	name := filepath.Join("docs", "rules.md")
	if err := os.WriteFile(name, catalogue(rules.All()), 0o644); err != nil {
		fmt.Fprintf(os.Stderr, "gendocs: %v (run it from the root of the repository)\n", err)
		os.Exit(1)
	}
}
