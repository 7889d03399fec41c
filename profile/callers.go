package profile

// Callers sums up who calls the frames of this name: Cum of a row is the value
// that flowed over the call, each sample once. Flat is the part of it where the
// named frame was the leaf. A row with an empty name stands for stacks whose
// root is the named frame.
func (p *Profile) Callers(name string, opts TopOptions) *Table {
	return p.neighbours(name, opts, true)
}

// Callees sums up what the frames of this name call. A row with an empty name
// stands for the named frame being the leaf.
func (p *Profile) Callees(name string, opts TopOptions) *Table {
	return p.neighbours(name, opts, false)
}

func (p *Profile) neighbours(name string, opts TopOptions, up bool) *Table {
	t, col := newTable(p, opts)
	if col < 0 {
		return t
	}
	ft := newFrameTable(p, t.by)
	frames := ft.all()
	focus := make([]bool, len(frames))
	for i := range frames {
		focus[i] = frames[i].Name == name
	}
	end := uint32(len(frames)) // stands for no neighbour
	frames = append(frames, Frame{Function: -1, Mapping: -1})
	sums := make([]sum, len(frames))
	var line []uint32
	for i := range p.NumSamples() {
		v := p.Value(i, col)
		if v == 0 {
			continue
		}
		t.Samples++
		line = ft.expand(line[:0], p.Stack(i))
		for k, f := range line {
			if !focus[f] {
				continue
			}
			other := end
			switch {
			case up && k+1 < len(line):
				other = line[k+1]
			case !up && k > 0:
				other = line[k-1]
			}
			sums[other].add(v, k == 0, uint32(t.Samples))
		}
	}
	t.rows(func(i uint32) Frame { return frames[i] }, sums)
	return t
}

// expand appends the frames of a stack, leaf first.
func (t *frameTable) expand(dst, stack []uint32) []uint32 {
	for _, loc := range stack {
		if f := t.of[loc]; f&manyFrames == 0 {
			dst = append(dst, f)
		} else {
			dst = append(dst, t.at(loc)...)
		}
	}
	return dst
}
