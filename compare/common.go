package compare

import "math"

// enough is how many functions must agree on what they have in common.
const enough = 4

// tukey is where the biweight gives a residual no weight, in standard deviations:
// the estimate then has 95 % of the efficiency of a mean (Beaton and Tukey 1974).
const (
	tukey      = 4.685
	efficiency = 0.95
)

// ownWay is the variance of ratios that are known without an error. It bounds the
// weight of large functions, so that none, however large, decides.
const ownWay = 0.05 * 0.05

// ratio is a function as it tells of what all have in common.
type ratio struct {
	log      float64 // of the base by the new side
	variance float64 // of sampling
	all      float64 // the variance that it has about what all have in common
	weight   float64
}

// commonMode finds the ratio of both sides that most functions share. It begins
// with the weighted median; from there Tukey's biweight leaves those out that went
// their own way, and takes the mean of the others. It is false when there are too
// few functions.
func (t *trial) commonMode(ids []int32) bool {
	var all []ratio
	var first []weighted
	for _, id := range ids {
		a, b := t.mean(0, Fold, id), t.mean(1, Fold, id)
		na, nb := t.raw(0, Fold, id), t.raw(1, Fold, id)
		if a <= 0 || b <= 0 || na < 5 || nb < 5 {
			continue
		}
		r := ratio{log: math.Log(a / b), variance: t.prior * (1/na + 1/nb)}
		r.all = r.variance + ownWay
		all = append(all, r)
		first = append(first, weighted{r.log, 1 / r.all})
	}
	if len(all) < enough {
		return false
	}
	center := median(first)
	for range 50 {
		next := biweight(all, center)
		done := math.Abs(next-center) < 1e-12
		center = next
		if done {
			break
		}
	}
	t.common = math.Exp(center)
	t.slack = slackOf(all, t.prior*(1/t.sum[0].samples+1/t.sum[1].samples))
	return true
}

// biweight weighs ratios by how near to a center they are, and gives their mean.
func biweight(all []ratio, center float64) float64 {
	var sum, weights float64
	for i := range all {
		r := &all[i]
		u := (r.log - center) / (tukey * math.Sqrt(r.all))
		r.weight = square(math.Max(1-u*u, 0)) / r.all
		sum += r.weight * r.log
		weights += r.weight
	}
	if weights == 0 {
		return center
	}
	return sum / weights
}

// slackOf is the variance of the mean. Shares add up to one, so that the errors of
// functions are opposed: of all together, whole is known to be none. What the
// biweight leaves out by chance is not opposed by anything.
func slackOf(all []ratio, whole float64) float64 {
	var weights, v float64
	for _, r := range all {
		weights += r.weight
		v += r.weight * r.weight * r.variance
	}
	if weights == 0 {
		return whole
	}
	v /= weights * weights
	return math.Max(v-whole, 0) + (1/efficiency-1)*v
}
