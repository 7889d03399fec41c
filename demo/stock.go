package demo

import "strconv"

// product is an article of the shop. Its JSON is what the shop answers with.
type product struct {
	ID          int      `json:"id"`
	SKU         string   `json:"sku"`
	Name        string   `json:"name"`
	Brand       string   `json:"brand"`
	Category    string   `json:"category"`
	Description string   `json:"description"`
	Price       int      `json:"price"` // cents
	Stock       int      `json:"stock"`
	Tags        []string `json:"tags"`
}

// newStock makes n products, the same ones every time.
func newStock(n int) []product {
	materials := []string{"Oak", "Steel", "Linen", "Glass", "Cork", "Brass", "Wool"}
	things := []string{"Table", "Lamp", "Chair", "Shelf", "Vase", "Basket", "Clock", "Mirror", "Rug"}
	brands := []string{"Nordlicht", "Habitare", "Casa Viva", "Oldham & Sons", "Kumo"}
	rooms := []string{"kitchen", "living room", "bedroom", "garden"}
	products := make([]product, n)
	for i := range products {
		material, thing := materials[i%len(materials)], things[i%len(things)]
		brand, room := brands[i%len(brands)], rooms[i%len(rooms)]
		products[i] = product{
			ID:          i,
			SKU:         sku(i),
			Name:        brand + " " + material + " " + thing,
			Brand:       brand,
			Category:    room,
			Description: "A " + thing + " of " + material + " for the " + room + ", made by " + brand + ". Ships in " + strconv.Itoa(1+i%9) + " days.",
			Price:       995 + (i*7919)%25000,
			Stock:       (i * 31) % 120,
			Tags:        []string{material, thing, room, "new-" + strconv.Itoa(i%13)},
		}
	}
	return products
}

func sku(i int) string { return "HM-" + strconv.Itoa(100000+i) + "-" + string(rune('A'+i%26)) }
