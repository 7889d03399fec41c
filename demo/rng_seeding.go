package demo

import (
	"math/rand"
	"net/http"
	"strconv"
	"time"
)

var rngSeedingSickness = Sickness{
	Name:      "rng-seeding",
	Doc:       "Each choice of a banner seeds a random generator of its own: 607 words of state for one number.",
	Mechanism: "rng-seeding",
	Function:  symbol("(*banners).pick"),
	Shows:     "cpu",
	build:     buildBanners,
}

// banners chooses what to advertise next to each product.
type banners struct{ texts []string }

func buildBanners(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&banners{texts: []string{"free shipping", "last chance", "new"}}).serve),
		clients: 2,
		rate:    300,
		ask:     func(n int) request { return request{path: "/banners?page=" + strconv.Itoa(n)} },
	}, nil
}

func (b *banners) serve(w http.ResponseWriter, _ *http.Request) {
	for range 100 {
		_, _ = w.Write([]byte(b.pick()))
	}
}

func (b *banners) pick() string {
	rng := rand.New(rand.NewSource(time.Now().UnixNano()))
	return b.texts[rng.Intn(len(b.texts))]
}
