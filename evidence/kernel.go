package evidence

import (
	"fmt"

	"github.com/goperf/goperf/kernel"
	"github.com/goperf/goperf/profile"
)

// AddMeasurement adds what a probe measured: its numbers as one blob and its
// profile, when it has one, as another. CPU samples are a CPU profile like any
// other, whoever took them.
func (c *Capture) AddMeasurement(m *kernel.Measurement) error {
	data, err := kernel.Encode(m)
	if err != nil {
		return err
	}
	c.Blobs = append(c.Blobs, Blob{
		Kind: Kernel, Name: measurementName(m.Probe), From: m.From, To: m.To, Asked: m.Window(), Data: data,
	})
	if m.Profile == nil {
		return nil
	}
	if data, err = profile.Encode(m.Profile); err != nil {
		return fmt.Errorf("%s: %w", m.Probe, err)
	}
	c.Blobs = append(c.Blobs, Blob{
		Kind: profileKind(m.Probe), Name: m.Probe + ".pb.gz", From: m.From, To: m.To, Asked: m.Window(), Data: data,
	})
	return nil
}

func measurementName(probe string) string { return fmt.Sprintf("kernel-%s.json", probe) }

// profileKind is what the profile of a probe is evidence of.
func profileKind(probe string) Kind {
	if probe == "oncpu" {
		return CPU
	}
	return Kind(probe)
}

// measurement reads what a probe measured. Its profile is a blob of its own.
func (d *decoder) measurement(b *Blob) error {
	m, err := kernel.Decode(b.Data)
	if err != nil {
		return err
	}
	for _, n := range m.Notes {
		d.set.Notes = append(d.set.Notes, "the "+m.Probe+" probe: "+n)
	}
	for _, l := range m.Losses {
		// The table of losses names all; a doubt is what could change a share.
		if l.Count > 0 && l.Count >= l.Of/1000 {
			d.set.Notes = append(d.set.Notes, fmt.Sprintf("the %s probe lost %d of %d: %s", m.Probe, l.Count, l.Of, l.What))
		}
	}
	d.set.Kernel = append(d.set.Kernel, *m)
	return nil
}
