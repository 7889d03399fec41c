package flame

import (
	"strings"

	"github.com/clipperhouse/displaywidth"

	"github.com/goperf/goperf/profile/symbol"
)

// Labels are ways to write a name, from the whole to what says the most:
//
//	acme.dev/shop/cart.(*Server).ServeHTTP  cart.(*Server).ServeHTTP  cart.ServeHTTP  ServeHTTP
func Labels(name string) [4]string {
	short := symbol.Short(name)
	plain := short
	if i := strings.Index(short, ".("); i >= 0 {
		if j := strings.Index(short[i:], ")."); j >= 0 {
			plain = short[:i] + short[i+j+1:]
		}
	}
	_, local := symbol.Split(plain)
	return [4]string{name, short, plain, local}
}

// label is the fullest way to write a name in so many columns; what is left of
// the shortest when none fits, and nothing where that would say nothing.
func label(name string, columns int) string {
	all := Labels(name)
	for _, s := range all {
		if displaywidth.String(s) <= columns {
			return s
		}
	}
	if columns < 3 {
		return ""
	}
	return displaywidth.TruncateString(all[3], columns, "…")
}
