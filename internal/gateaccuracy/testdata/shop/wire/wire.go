// Package wire is what client and server say to each other, as JSON.
package wire

// Item is a line of a basket.
type Item struct {
	SKU      string   `json:"sku"`
	Title    string   `json:"title"`
	Quantity int      `json:"quantity"`
	Cents    int64    `json:"cents"`
	Tags     []string `json:"tags"`
}

// Basket is what a customer asks a price for.
type Basket struct {
	Customer string `json:"customer"`
	Token    string `json:"token"`
	Query    string `json:"query"`
	Items    []Item `json:"items"`
}

// Offer is the answer.
type Offer struct {
	Total    int64    `json:"total"`
	Tax      int64    `json:"tax"`
	Lines    []Line   `json:"lines"`
	Similar  []string `json:"similar"`
	Ranking  []Ranked `json:"ranking"`
	Reserved int      `json:"reserved"`
	Audit    string   `json:"audit"`
}

// Line is the price of one item.
type Line struct {
	SKU   string `json:"sku"`
	Cents int64  `json:"cents"`
	Stock int    `json:"stock"`
}

// Ranked is a recommendation.
type Ranked struct {
	SKU   string  `json:"sku"`
	Score float64 `json:"score"`
}
