package profile

// Numbered is the frames of a profile's locations at one granularity, each with
// a number: for those who sum up stacks in a way of their own.
type Numbered struct {
	Frames []Frame
	t      *frameTable
}

// Number numbers the frames of p.
func (p *Profile) Number(by Granularity) *Numbered {
	t := newFrameTable(p, by)
	return &Numbered{Frames: t.all(), t: t}
}

// At is the numbers of the frames of a location, innermost first. There is at
// least one. The slice may be read only.
func (n *Numbered) At(location uint32) []uint32 { return n.t.at(location) }
