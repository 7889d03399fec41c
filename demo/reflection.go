package demo

import (
	"net/http"
	"reflect"
	"strconv"
)

var reflectionSickness = Sickness{
	Name:      "reflection",
	Doc:       "The generic filter finds the field of every product by name through reflect.",
	Mechanism: "reflection",
	Function:  symbol("(*filter).match"),
	Shows:     "cpu",
	build:     buildFilter,
}

// filter selects products by any of their fields.
type filter struct{ products []product }

func buildFilter(*host) (*app, error) {
	return &app{
		handler: http.HandlerFunc((&filter{products: newStock(2000)}).serve),
		clients: 2,
		rate:    200,
		ask:     func(int) request { return request{path: "/filter?field=Category&value=garden"} },
	}, nil
}

func (f *filter) serve(w http.ResponseWriter, r *http.Request) {
	field, value := r.FormValue("field"), r.FormValue("value")
	found := 0
	for i := range f.products {
		if f.match(&f.products[i], field, value) {
			found++
		}
	}
	_, _ = w.Write(strconv.AppendInt(nil, int64(found), 10))
}

func (f *filter) match(item any, field, value string) bool {
	v := reflect.ValueOf(item).Elem().FieldByName(field)
	return v.IsValid() && reflect.DeepEqual(v.Interface(), value)
}
