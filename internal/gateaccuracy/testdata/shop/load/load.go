// Package load is the customers: it asks for offers, so many and no more.
package load

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"

	"example.com/shop/auth"
	"example.com/shop/catalog"
	"example.com/shop/wire"
)

// Run asks for n offers over a few connections at once.
func Run(url string, c *catalog.Catalog, n int) error {
	const customers = 4
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: customers}}
	defer client.CloseIdleConnections()
	var next atomic.Int64
	errs := make([]error, customers)
	var all sync.WaitGroup
	for i := range customers {
		all.Go(func() {
			for {
				at := int(next.Add(1)) - 1
				if at >= n || errs[i] != nil {
					return
				}
				errs[i] = ask(client, url, basket(c, at))
			}
		})
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func ask(client *http.Client, url string, b *wire.Basket) error {
	body, err := json.Marshal(b)
	if err != nil {
		return err
	}
	answer, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("load: %s", answer.Status)
	}
	var offer wire.Offer
	return json.NewDecoder(answer.Body).Decode(&offer)
}

func basket(c *catalog.Catalog, at int) *wire.Basket {
	customer := fmt.Sprintf("customer-%d", at%977)
	b := &wire.Basket{Customer: customer, Token: auth.Sign(customer)}
	for i := range 5 + at%16 {
		p := c.At(at*31 + i*7)
		b.Items = append(b.Items, wire.Item{
			SKU: p.SKU, Title: p.Title, Quantity: 1 + i%4, Cents: int64(100 + (at+i)%9000), Tags: p.Words,
		})
	}
	b.Query = b.Items[0].Title
	return b
}
