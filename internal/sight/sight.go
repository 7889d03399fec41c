// Package sight says how colours are seen, by people with all cones and without
// one of them: how far two are apart, and whether text can be read. It is for
// tests of palettes.
package sight

import "math"

// RGB is a colour of the screen, in sRGB.
type RGB = [3]uint8

// Kind is which cones somebody has.
type Kind string

// The kinds: all cones, and without those for green, red and blue.
const (
	Normal Kind = "normal"
	Deutan Kind = "deutan"
	Protan Kind = "protan"
	Tritan Kind = "tritan"
)

// Kinds are all of them.
var Kinds = []Kind{Normal, Deutan, Protan, Tritan}

// matrix is how linear light is seen (Machado, Oliveira and Fernandes 2009,
// severity 1).
func (k Kind) matrix() [3][3]float64 {
	switch k {
	case Deutan:
		return [3][3]float64{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}}
	case Protan:
		return [3][3]float64{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}}
	case Tritan:
		return [3][3]float64{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}}
	case Normal:
	}
	return [3][3]float64{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}
}

// Apart is how far two colours are apart for somebody, in OKLab times 100: 2 are
// told apart side by side, 10 from memory.
func Apart(a, b RGB, k Kind) float64 {
	x, y := seen(a, k), seen(b, k)
	return 100 * math.Sqrt((x[0]-y[0])*(x[0]-y[0])+(x[1]-y[1])*(x[1]-y[1])+(x[2]-y[2])*(x[2]-y[2]))
}

// Contrast is the contrast of text on a ground as WCAG has it: 4.5 can be read.
func Contrast(a, b RGB) float64 {
	x, y := luminance(a), luminance(b)
	return max(x, y) / min(x, y)
}

func luminance(c RGB) float64 {
	l := linear(c)
	return 0.2126*l[0] + 0.7152*l[1] + 0.0722*l[2] + 0.05
}

func linear(c RGB) (out [3]float64) {
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

func seen(c RGB, k Kind) [3]float64 {
	v := times(k.matrix(), linear(c))
	for i := range v {
		v[i] = min(max(v[i], 0), 1)
	}
	return oklab(v)
}

// oklab is a colour in the space of Ottosson 2020, where distances are seen alike.
func oklab(c [3]float64) [3]float64 {
	lms := times([3][3]float64{{0.4122214708, 0.5363325363, 0.0514459929}, {0.2119034982, 0.6806995451, 0.1073969566}, {0.0883024619, 0.2817188376, 0.6299787005}}, c)
	for i := range lms {
		lms[i] = math.Cbrt(lms[i])
	}
	return times([3][3]float64{{0.2104542553, 0.7936177850, -0.0040720468}, {1.9779984951, -2.4285922050, 0.4505937099}, {0.0259040371, 0.7827717662, -0.8086757660}}, lms)
}

// Cube is a colour of the 256 that terminals have, from the sixteenth on: those
// before are what the user likes them to be.
func Cube(n int) RGB {
	if n >= 232 {
		v := uint8(8 + 10*(n-232))
		return RGB{v, v, v}
	}
	level := func(i int) uint8 {
		if i == 0 {
			return 0
		}
		return uint8(55 + 40*i)
	}
	n -= 16
	return RGB{level(n / 36), level(n / 6 % 6), level(n % 6)}
}
