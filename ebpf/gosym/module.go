package gosym

// module is what goperf needs of the linker's moduledata.
type module struct {
	text   Range
	data   []Range
	gofunc uint64
	words  [moduleWords]uint64
}

// Words of runtime.moduledata. Up to enoptrbss they are the same in Go 1.18 to 1.27.
const (
	wordHeader   = 0
	wordNames    = 1
	wordMinPC    = 20
	wordMaxPC    = 21
	wordText     = 22
	wordEText    = 23
	wordData     = 24 // noptrdata, enoptrdata, data, edata, bss, ebss, noptrbss, enoptrbss
	wordDataEnd  = 32
	wordAfter    = 32 // covctrs (1.20) or end
	moduleWords  = 48
	goFunc118    = 38
	goFunc120    = 40
	goFunc127    = 43
	moduleBytes  = 8 * moduleWords
	dataRanges   = (wordDataEnd - wordData) / 2
	checkedTrees = 64
)

// moduleOf reads a moduledata and says whether it is one that belongs to p.
func moduleOf(words [moduleWords]uint64, p *pclntab, executable func(Range) bool) (module, bool) {
	m := module{words: words, text: Range{words[wordText], words[wordEText]}}
	if words[wordHeader] != p.addr || words[wordNames] != p.addr+p.nameStart {
		return m, false
	}
	if words[wordMinPC] < m.text.Start || words[wordMaxPC] < words[wordMinPC] || !executable(m.text) {
		return m, false
	}
	for i := range dataRanges {
		r := Range{words[wordData+2*i], words[wordData+2*i+1]}
		if r.End > r.Start {
			m.data = append(m.data, r)
		}
	}
	return m, true
}

// findGoFunc finds the word of moduledata that inline trees are relative to.
// Its place has moved twice without a new magic number, so each place is tried
// against the inline trees themselves; 0 means that none fits, or that nothing
// was inlined.
func (t *Table) findGoFunc() uint64 {
	places := []int{goFunc120, goFunc127, goFunc118}
	if t.old {
		places = []int{goFunc118}
	}
	for i := wordAfter; i < moduleWords; i++ { // versions to come
		places = append(places, i)
	}
	for _, i := range places {
		if t.words[i] != 0 && t.fits(t.words[i]) {
			return t.words[i]
		}
	}
	return 0
}

// fits says whether inline trees make sense when they are relative to gofunc:
// each names a function and a call inside the function it belongs to.
func (t *Table) fits(gofunc uint64) bool {
	checked, named := 0, false
	for i := 0; i < t.nfunc && checked < checkedTrees; i++ {
		f, ok := t.index(i)
		if !ok || t.pcdata(f, pcdataInlTree) == 0 {
			continue
		}
		off := t.funcdata(f, funcdataInlTree)
		if off == noFuncdata {
			continue
		}
		e, ok := t.inlineEntry(gofunc+uint64(off), 0)
		if !ok || e.parent >= f.end-f.entry || !t.isName(e.name) {
			return false
		}
		checked++
		named = named || e.name > 0 // not zeros only
	}
	return named
}

// isName says whether a name begins at an offset of the names.
func (t *Table) isName(off uint32) bool {
	return uint64(off) < uint64(len(t.names)) && t.names[off] != 0 && (off == 0 || t.names[off-1] == 0)
}
