package profile

// labelStore keeps the labels of samples when they were asked for: 24 bytes a
// label, strings by index.
type labelStore struct {
	recs []labelRec
	ends []uint32 // sample i has recs[ends[i-1]:ends[i]]; empty when not asked for
	strs []string
}

type labelRec struct {
	key, str, unit uint32
	num            int64
}

func (s *labelStore) endSample() { s.ends = append(s.ends, uint32(len(s.recs))) }

// of is the records of sample i.
func (s *labelStore) of(i int) []labelRec {
	if i >= len(s.ends) {
		return nil
	}
	from := uint32(0)
	if i > 0 {
		from = s.ends[i-1]
	}
	return s.recs[from:s.ends[i]]
}

func (s *labelStore) label(r labelRec) Label {
	return Label{Key: s.strs[r.key], Str: s.strs[r.str], Num: r.num, Unit: s.strs[r.unit]}
}

// HasLabels reports whether any sample has labels. It is false when the profile
// was read without Options.Labels.
func (p *Profile) HasLabels() bool { return len(p.labels.recs) > 0 }

// Labels is the labels of sample i in file order, nil without Options.Labels.
func (p *Profile) Labels(i int) []Label {
	recs := p.labels.of(i)
	if len(recs) == 0 {
		return nil
	}
	out := make([]Label, len(recs))
	for k, r := range recs {
		out[k] = p.labels.label(r)
	}
	return out
}

// set takes over a field of message Label.
func (r *labelRec) set(f *field) {
	switch f.id {
	case 1:
		r.key = uint32(f.num)
	case 2:
		r.str = uint32(f.num)
	case 3:
		r.num = int64(f.num)
	case 4:
		r.unit = uint32(f.num)
	}
}

// label decodes message Label.
func (d *decoder) label(b []byte) *offsetError {
	var r labelRec
	var f field
	for i := 0; i < len(b); {
		j, err := next(b, i, &f)
		if err != nil {
			err.msg = "label: " + err.msg
			return err
		}
		if f.id != 3 && f.num > 1<<31 {
			return fault(i, "label: string index %d", f.num)
		}
		r.set(&f)
		i = j
	}
	if r.str == 0 && r.num == 0 && r.unit == 0 {
		return nil // a key without a value
	}
	if d.records != nil {
		d.records.label(r)
		return nil
	}
	d.p.labels.recs = append(grown(d, d.p.labels.recs, 1), r)
	return nil
}

func (d *decoder) resolveLabels(strs []string) error {
	s := &d.p.labels
	if len(s.recs) == 0 {
		return nil
	}
	if len(strs) == 0 {
		strs = []string{""}
	}
	s.strs = strs
	n := uint32(len(strs))
	for i, r := range s.recs {
		if r.key < n && r.str < n && r.unit < n {
			continue
		}
		nth := 0
		for int(s.ends[nth]) <= i {
			nth++
		}
		return unknownString(nth, n)
	}
	return nil
}
