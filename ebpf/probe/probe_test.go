package probe

import (
	"errors"
	"io/fs"
	"testing"
)

func TestRefuseIsConclusive(t *testing.T) {
	err := Refuse("fentry: refused", "use tracepoints", fs.ErrPermission)
	if !errors.Is(err, ErrNotSupported) || !errors.Is(err, fs.ErrPermission) {
		t.Errorf("%v: lost its chain", err)
	}
	var h interface{ Hint() string }
	if !errors.As(err, &h) || h.Hint() != "use tracepoints" {
		t.Errorf("%v: lost its hint", err)
	}
	if err := Refuse("no", "", nil); !errors.Is(err, ErrNotSupported) || err.Error() != "no" {
		t.Errorf("without a cause: %v", err)
	}
}
