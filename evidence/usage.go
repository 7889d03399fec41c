package evidence

import (
	"slices"

	"github.com/goperf/goperf/kernel"
)

// SetUsage keeps looks at the use of the process, which are in time order, in
// the place of those that a capture holds.
func (c *Capture) SetUsage(uses []kernel.Use) error {
	if len(uses) == 0 {
		return nil
	}
	c.Blobs = slices.DeleteFunc(slices.Clone(c.Blobs), Blob.IsUsage)
	return c.AddMeasurement(kernel.OfUses(uses))
}

// IsUsage says that a blob is looks at the use of the process, from which alone
// nothing can be concluded.
func (b Blob) IsUsage() bool { return b.Kind == Kernel && b.Name == measurementName(kernel.Usage) }

// Usage is the looks at the use of the process, in time order.
func (s *Set) Usage() (uses []kernel.Use) {
	for i := range s.Kernel {
		uses = append(uses, s.Kernel[i].Uses()...)
	}
	return uses
}

// Probed is what probes measured, in time order.
func (s *Set) Probed() []kernel.Measurement {
	return slices.DeleteFunc(slices.Clone(s.Kernel), func(m kernel.Measurement) bool { return m.Probe == kernel.Usage })
}
