package flame

import (
	"math"
	"testing"
)

// sights are how the cones of people see linear light: all of them, and without
// those for green, red and blue (Machado, Oliveira and Fernandes 2009, severity 1).
var sights = map[string][3][3]float64{
	"normal": {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"deutan": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"protan": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"tritan": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

func linear(c rgb) (out [3]float64) {
	for i, v := range c {
		x := float64(v) / 255
		if out[i] = x / 12.92; x > 0.04045 {
			out[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	return out
}

func times(m [3][3]float64, v [3]float64) (out [3]float64) {
	for i := range m {
		for k := range v {
			out[i] += m[i][k] * v[k]
		}
	}
	return out
}

// oklab is a colour in the space of Ottosson 2020, where distances are seen alike.
func oklab(c [3]float64) [3]float64 {
	lms := times([3][3]float64{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566}, {0.0883024619, 0.2817188376, 0.6299787005}}, c)
	for i := range lms {
		lms[i] = math.Cbrt(lms[i])
	}
	return times([3][3]float64{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099}, {0.0259040371, 0.7827717662, -0.8086757660}}, lms)
}

func seen(c rgb, sight [3][3]float64) [3]float64 {
	v := times(sight, linear(c))
	for i := range v {
		v[i] = min(max(v[i], 0), 1)
	}
	return oklab(v)
}

func apart(a, b rgb, sight [3][3]float64) float64 {
	x, y := seen(a, sight), seen(b, sight)
	return 100 * math.Sqrt((x[0]-y[0])*(x[0]-y[0])+(x[1]-y[1])*(x[1]-y[1])+(x[2]-y[2])*(x[2]-y[2]))
}

func contrast(a, b rgb) float64 {
	light := func(c rgb) float64 { l := linear(c); return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] + 0.05 }
	x, y := light(a), light(b)
	return max(x, y) / min(x, y)
}

// TestClassesAreToldApart, and so are more and less, whatever one can see.
func TestClassesAreToldApart(t *testing.T) {
	for name, sight := range sights {
		for a := range Neutral {
			for b := range a {
				if d := apart(paints[a].back, paints[b].back, sight); d < 12.5 {
					t.Errorf("%s: %s and %s are only %.1f apart", name, a, b, d)
				}
			}
		}
		for k := 1; k <= 4; k++ {
			if d := apart(leans[4-k].back, leans[4+k].back, sight); d < 5 {
				t.Errorf("%s: less and more in step %d are only %.1f apart", name, k, d)
			}
		}
	}
}

// TestTextCanBeRead: 4.5 to 1 is what WCAG asks for.
func TestTextCanBeRead(t *testing.T) {
	for i, p := range append(paints[:], leans[:]...) {
		for k := range Shades {
			if c := contrast(p.shade(k), p.text); c < 4.1 || k == 0 && c < 4.5 {
				t.Errorf("paint %d, shade %d: text has a contrast of %.1f", i, k, c)
			}
		}
	}
}

func TestLeanPaint(t *testing.T) {
	for lean, want := range map[float64]paint{-1: leans[0], -0.5: leans[1], -0.2: leans[2], -0.05: leans[3], 0: leans[4], 0.01: leans[4], 0.05: leans[5], 1: leans[8]} {
		if got := leanPaint(lean); got != want {
			t.Errorf("lean %v is painted %v, want %v", lean, got.back.hex(), want.back.hex())
		}
	}
}
