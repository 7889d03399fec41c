package tcp

import "time"

// maxPoints bounds a series; beyond that every second point goes, and again.
const maxPoints = 240

// series is a number at each look.
type series struct {
	at     []time.Duration // since the first look
	values []float64
	every  int // looks for one point
	skip   int
}

func (s *series) add(at time.Duration, v float64) {
	if s.skip > 0 {
		s.skip--
		return
	}
	s.every = max(s.every, 1)
	if len(s.at) == maxPoints {
		for i := range maxPoints / 2 {
			s.at[i], s.values[i] = s.at[2*i], s.values[2*i]
		}
		s.at, s.values = s.at[:maxPoints/2], s.values[:maxPoints/2]
		s.every *= 2
	}
	s.at, s.values = append(s.at, at), append(s.values, v)
	s.skip = s.every - 1
}

func (s *series) last() float64 {
	if len(s.values) == 0 {
		return 0
	}
	return s.values[len(s.values)-1]
}

// minTrend is how many points it takes to speak of growth.
const minTrend = 6

// growth is how fast the number grows, in one a second, and by how much it grew,
// by the means of the first and the last third of the points: what looks at the
// process holds a descriptor now and then. It is 0 unless it grows throughout: the
// mean of each third lies above the one before, and the last point is near the
// highest. A level that is reached and kept is no growth.
func (s *series) growth() (rate, by float64) {
	n := len(s.values)
	if n < minTrend {
		return 0, 0
	}
	third := n / 3
	a, b, c := mean(s.values[:third]), mean(s.values[third:n-third]), mean(s.values[n-third:])
	seconds := (meanTime(s.at[n-third:]) - meanTime(s.at[:third])).Seconds()
	if !(a < b && b < c) || seconds <= 0 {
		return 0, 0
	}
	// The last third grows like the rest: it does not level off.
	if c-b < (b-a)/3 {
		return 0, 0
	}
	rate = (c - a) / seconds
	by = rate * (s.at[n-1] - s.at[0]).Seconds()
	if s.last() < maximum(s.values)-by/10 {
		return 0, 0
	}
	return rate, by
}

// minForecast is how many points it takes to speak of what will be, unless a
// quarter of the limit is reached: what starts grows as well.
const minForecast = 20

// runsOut is when the number reaches a limit if it goes on growing, false when
// it does not grow.
func (s *series) runsOut(limit float64) (time.Duration, bool) {
	rate, _ := s.growth()
	if rate <= 0 || limit <= 0 || len(s.values) < minForecast && s.last() < limit/4 {
		return 0, false
	}
	left := max(limit-s.last(), 0) / rate
	if left > 1e9 {
		return 0, false
	}
	return time.Duration(left * float64(time.Second)), true
}

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func meanTime(v []time.Duration) time.Duration {
	var sum time.Duration
	for _, x := range v {
		sum += x
	}
	return sum / time.Duration(len(v))
}

func maximum(v []float64) float64 {
	most := v[0]
	for _, x := range v {
		most = max(most, x)
	}
	return most
}

// recentLooks is how many looks a window holds.
const recentLooks = 5

// window is what was sent in the last looks, and everything before.
type window struct {
	segments, retransmits     [recentLooks]uint64
	before, retransmitsBefore uint64
	at                        int
}

func (w *window) add(segments, retransmits uint64) {
	w.segments[w.at] += segments
	w.retransmits[w.at] += retransmits
}

// next begins another look.
func (w *window) next() {
	w.at = (w.at + 1) % recentLooks
	w.before += w.segments[w.at]
	w.retransmitsBefore += w.retransmits[w.at]
	w.segments[w.at], w.retransmits[w.at] = 0, 0
}

func (w *window) sums() (segments, retransmits uint64) {
	for i := range recentLooks {
		segments += w.segments[i]
		retransmits += w.retransmits[i]
	}
	return segments, retransmits
}
