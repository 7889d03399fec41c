package pacer

import "math"

// Second improves the model by what was seen at another setting: how the cost
// of a collection grows with the heap, how the allocation rate changes when
// collections come less often, which empties sync.Pool less often, and where each
// of both is off: see weight. It is false when the two settings are too
// near each other to tell.
func (m *Model) Second(o Observation) bool {
	other, err := Fit(o)
	if err != nil {
		return false
	}
	heaps := math.Log(float64(other.base.heap / m.base.heap))
	if math.Abs(heaps) < 0.15 {
		return false
	}
	m.alloc = m.obs.Alloc // Own comes off anew
	if m.exact && other.exact {
		m.learnGrowth(other)
	}
	if f := math.Log(float64(o.Cadence.Every / m.obs.Cadence.Every)); math.Abs(f) > 0.15 {
		m.slope = clamp(math.Log(float64(o.Alloc/m.obs.Alloc))/f, -0.2, 0.5)
	}
	m.calibrate()
	other.growth, other.growthSD, other.slope = m.growth, m.growthSD, m.slope
	other.calibrate()
	m.second = other
	return true
}

// learnGrowth joins what is known of γ beforehand with what two observations say,
// and takes the cost of a collection from both.
func (m *Model) learnGrowth(other *Model) {
	perByte := func(m *Model) float64 { return float64(max(m.cost-m.fixed, 1e-6)) / float64(m.base.marked+m.scan) }
	apart := math.Log(float64(other.base.peak/other.base.marked) / float64(m.base.peak/m.base.marked))
	if math.Abs(apart) < 0.1 {
		return
	}
	dearer := math.Log(perByte(other) / perByte(m))
	// Each of the two is off by its samples, and both by what the machine did between them.
	noise := spread(speed, 1/math.Sqrt(max(m.obs.CPU.Samples, 4)), 1/math.Sqrt(max(other.obs.CPU.Samples, 4)))
	seen, before := (apart/noise)*(apart/noise), 1/(m.growthSD*m.growthSD)
	m.growth = clamp((dearer/apart*seen+m.growth*before)/(seen+before), -0.2, 1)
	m.growthSD = 1 / math.Sqrt(seen+before)
	m.cost = m.fixed + (m.cost-m.fixed)*Seconds(math.Exp((dearer-m.growth*apart)/2))
}

const (
	// drift is the relative deviation of the model's rates and sizes per unit of
	// ln f, the farther the setting is from the one that was observed: what the
	// arithmetic leaves out (sweeping that lags behind, spans that go unused) comes
	// and goes with the time between collections.
	drift = 0.05
	// repeat is the relative deviation of the same setting under the same load from
	// one run to the next.
	repeat = 0.03
)

// joined has the cadence that the models of both observations give, each of which
// is exact at its own setting and the more off the farther away.
func (m *Model) joined(out, also outcome) outcome {
	own, others := out.cycles/float64(out.time), also.cycles/float64(also.time)
	joint := nearer(m.weight(own, (*Model).counted), own, others)
	out.work *= Seconds(joint / own)
	out.cycles *= joint / own
	return out
}

// joinRSS moves a peak to where the models of both observations have it.
func (m *Model) joinRSS(p *Prediction, out, also outcome) {
	q := Prediction{Setting: p.Setting}
	m.second.predictRSS(&q, also, m.second.apart(also))
	if p.RSS.Mid <= 0 || q.RSS.Mid <= 0 {
		return
	}
	w := m.weight(out.cycles/float64(out.time), (*Model).unseenShare)
	mid := Bytes(nearer(w, float64(p.RSS.Mid), float64(q.RSS.Mid)))
	by := mid - p.RSS.Mid
	p.RSS = Band[Bytes]{p.RSS.Low + by, mid, p.RSS.High + by}
	p.Bound = max(p.Bound, q.Bound, p.RSS.High)
}

// nearer joins two figures by the weight of the first.
func nearer(weight, own, others float64) float64 {
	if own <= 0 || others <= 0 {
		return own
	}
	return math.Exp(weight*math.Log(own) + (1-weight)*math.Log(others))
}

// weight is that of the model's own observation at f collections a second. Where
// the error of a model grows as a random walk over ln f, with the deviation of a
// repetition and of what was seen on top, the best estimate is one weight for each:
// of two settings on the same side the nearer one's counts most, between them each
// by the distance to the other (kriging).
func (m *Model) weight(f float64, seen func(*Model) float64) float64 {
	distance := func(x *Model) float64 { return math.Abs(math.Log(f / float64(x.obs.Cadence.Every))) }
	between := math.Abs(math.Log(float64(m.second.obs.Cadence.Every / m.obs.Cadence.Every)))
	shared := max(distance(m)+distance(m.second)-between, 0) / 2 // on one side: the way to the nearer one is both's
	variance := func(x *Model) float64 {
		return drift*drift*(distance(x)-shared) + repeat*repeat + seen(x)*seen(x)
	}
	return variance(m.second) / (variance(m.second) + variance(m))
}

// counted is the relative deviation of a rate of so many collections.
func (m *Model) counted() float64 { return 0.5 / max(m.obs.Cadence.Count, 1) }

// unseenShare is how far off a peak is that came between two looks.
func (m *Model) unseenShare() float64 { return float64(m.obs.Memory.Unseen / m.obs.Memory.Peak) }
