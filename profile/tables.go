package profile

import "math"

// bigID marks a reference that stands for an id above 31 bits.
const bigID = 1 << 31

// idSpace turns the 64-bit ids of one table into 32-bit references, the same
// for a definition and for its uses, whichever comes first.
type idSpace struct {
	big     map[uint64]uint32
	defined []uint32 // reference of each entry, in file order
	used    uint32   // one more than the highest small reference defined
}

func (s *idSpace) ref(id uint64) uint32 {
	if id < bigID {
		return uint32(id)
	}
	r, ok := s.big[id]
	if !ok {
		if s.big == nil {
			s.big = make(map[uint64]uint32)
		}
		r = bigID | uint32(len(s.big))
		s.big[id] = r
	}
	return r
}

func (s *idSpace) define(id uint64) {
	r := s.ref(id)
	if r < bigID {
		s.used = max(s.used, r+1)
	}
	s.defined = append(s.defined, r)
}

// stringRef is an index into the string table; one that cannot be is as far out
// of it as the number goes.
func stringRef(x uint64) uint32 { return uint32(min(x, math.MaxUint32)) }

// boundTable refuses a table of n entries that say next to nothing. Those of
// real profiles, with addresses, names and lines, take less of the memory than
// so many times what was read up to them; such that are only ids would take a
// multiple of it in each of the steps that come after.
func (d *decoder) boundTable(what string, n, entry, times int) *offsetError {
	const always = 1 << 20
	if at := d.in.offset(); int64(n)*int64(entry) > int64(times)*at+always {
		return fault(0, "%d %s in %d bytes: no real profile has so many with so little to say of them", n, what, at)
	}
	return nil
}

// location decodes message Location. Its lines go into one array for all.
func (d *decoder) location(b []byte) *offsetError {
	var l Location
	var mapping uint64
	var f field
	for i := 0; i < len(b); {
		j, err := next(b, i, &f)
		if err != nil {
			err.msg = "location: " + err.msg
			return err
		}
		switch f.id {
		case 1:
			l.ID = f.num
		case 2:
			mapping = f.num
		case 3:
			l.Address = f.num
		case 4:
			if f.wire != wireBytes {
				return fault(i, "location: a line that is a number")
			}
			if err := d.line(f.body); err != nil {
				err.off += int64(j - len(f.body))
				return err
			}
		case 5:
			l.IsFolded = f.num != 0
		}
		i = j
	}
	if l.ID == 0 {
		return fault(0, "location %d has the reserved id 0", len(d.p.Locations))
	}
	if err := d.boundTable("locations", len(d.p.Locations), 64, 8); err != nil {
		return err
	}
	l.Mapping = int32(d.mapIDs.ref(mapping))
	began := d.tableStart[fieldLocation]
	d.locIDs.defined = grownTable(d, d.locIDs.defined, began, shareLocations)
	d.locIDs.define(l.ID)
	d.lineEnd = append(grownTable(d, d.lineEnd, began, shareLocations), uint32(len(d.lines)))
	d.p.Locations = append(grownTable(d, d.p.Locations, began, shareLocations), l)
	return nil
}

func (d *decoder) line(b []byte) *offsetError {
	var l Line
	var f field
	for i := 0; i < len(b); {
		j, err := next(b, i, &f)
		if err != nil {
			err.msg = "line: " + err.msg
			return err
		}
		switch f.id {
		case 1:
			l.Function = int32(d.funcIDs.ref(f.num))
		case 2:
			l.Line = int64(f.num)
		case 3:
			l.Column = int32(min(int64(f.num), 1<<31-1))
		}
		i = j
	}
	if err := d.boundTable("lines", len(d.lines), 16, 3); err != nil {
		return err
	}
	d.lines = append(grownTable(d, d.lines, d.tableStart[fieldLocation], shareLocations), l)
	return nil
}

func (d *decoder) function(b []byte) *offsetError {
	var fn Function
	var str [3]uint32
	var f field
	for i := 0; i < len(b); {
		j, err := next(b, i, &f)
		if err != nil {
			err.msg = "function: " + err.msg
			return err
		}
		switch f.id {
		case 1:
			fn.ID = f.num
		case 2, 3, 4:
			str[f.id-2] = stringRef(f.num)
		case 5:
			fn.StartLine = int64(f.num)
		}
		i = j
	}
	if fn.ID == 0 {
		return fault(0, "function %d has the reserved id 0", len(d.p.Functions))
	}
	if err := d.boundTable("functions", len(d.p.Functions), 64, 8); err != nil {
		return err
	}
	began := d.tableStart[fieldFunction]
	d.funcIDs.defined = grownTable(d, d.funcIDs.defined, began, shareFunctions)
	d.funcIDs.define(fn.ID)
	d.funcStr = append(grownTable(d, d.funcStr, began, shareFunctions), str)
	d.p.Functions = append(grownTable(d, d.p.Functions, began, shareFunctions), fn)
	return nil
}

func (d *decoder) mapping(b []byte) *offsetError {
	var m Mapping
	var str [2]uint32
	var f field
	for i := 0; i < len(b); {
		j, err := next(b, i, &f)
		if err != nil {
			err.msg = "mapping: " + err.msg
			return err
		}
		switch f.id {
		case 1:
			m.ID = f.num
		case 2:
			m.Start = f.num
		case 3:
			m.Limit = f.num
		case 4:
			m.Offset = f.num
		case 5, 6:
			str[f.id-5] = stringRef(f.num)
		case 7:
			m.HasFunctions = f.num != 0
		case 8:
			m.HasFilenames = f.num != 0
		case 9:
			m.HasLineNumbers = f.num != 0
		case 10:
			m.HasInlines = f.num != 0
		}
		i = j
	}
	if m.ID == 0 {
		return fault(0, "mapping %d has the reserved id 0", len(d.p.Mappings))
	}
	if len(d.p.Mappings) == maxMappings {
		return fault(0, "more than %d mappings", maxMappings)
	}
	d.mapIDs.define(m.ID)
	d.mapStr = append(d.mapStr, str)
	d.p.Mappings = append(d.p.Mappings, m)
	return nil
}

// valueType decodes message ValueType to its two string indexes.
func valueType(b []byte) (t [2]int64, err *offsetError) {
	var f field
	for i := 0; i < len(b); {
		j, err := next(b, i, &f)
		if err != nil {
			err.msg = "value type: " + err.msg
			return t, err
		}
		if f.id == 1 || f.id == 2 {
			t[f.id-1] = int64(f.num)
		}
		i = j
	}
	return t, nil
}
