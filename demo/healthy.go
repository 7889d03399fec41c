package demo

import (
	"bufio"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var healthySickness = Sickness{
	Name:  "healthy",
	Doc:   "The shop done well: patterns, indexes and answers are prepared once, memory is reused and nothing waits. There is nothing to find.",
	Shows: "cpu",
	build: buildHealthy,
}

// index answers searches from posting lists that were built at the start.
type index struct {
	answers  [][]byte // the JSON of each product
	postings map[string][]int32
}

func buildHealthy(*host) (*app, error) {
	x := newIndex(newStock(2000))
	mux := http.NewServeMux()
	mux.HandleFunc("/search", x.search)
	mux.HandleFunc("/orders", takeOrder)
	queries := []string{"oak+table", "steel+lamp", "linen", "glass+vase", "cork+rug", "brass+clock"}
	return &app{
		handler: mux,
		clients: 4,
		rate:    1500,
		ask: func(n int) request {
			if n%4 == 0 {
				return request{path: "/orders", body: orderLines(n, 24)}
			}
			return request{path: "/search?q=" + queries[n%len(queries)]}
		},
	}, nil
}

func newIndex(products []product) *index {
	x := &index{answers: make([][]byte, len(products)), postings: make(map[string][]int32)}
	for i, p := range products {
		b := append([]byte(`{"id":`), strconv.Itoa(p.ID)...)
		b = append(b, `,"name":`...)
		b = strconv.AppendQuote(b, p.Name)
		b = append(b, `,"price":`...)
		x.answers[i] = append(strconv.AppendInt(b, int64(p.Price), 10), '}')
		for _, word := range strings.Fields(strings.ToLower(p.Name)) {
			x.postings[word] = append(x.postings[word], int32(i))
		}
	}
	return x
}

// search writes the first ten products that have all the words.
func (x *index) search(w http.ResponseWriter, r *http.Request) {
	var rest [8][]int32
	lists := rest[:0]
	for word := range strings.FieldsSeq(r.FormValue("q")) {
		if len(lists) < cap(lists) {
			lists = append(lists, x.postings[word])
		}
	}
	w.Header().Set("Content-Type", "application/json")
	out := bufio.NewWriterSize(w, 1024)
	_ = out.WriteByte('[')
	left := 10
	if len(lists) > 0 {
		for _, id := range lists[0] {
			if left == 0 {
				break
			}
			if inAll(lists[1:], id) {
				if left < 10 {
					_ = out.WriteByte(',')
				}
				_, _ = out.Write(x.answers[id])
				left--
			}
		}
	}
	_ = out.WriteByte(']')
	_ = out.Flush()
}

func inAll(lists [][]int32, id int32) bool {
	for _, list := range lists {
		if _, ok := slices.BinarySearch(list, id); !ok {
			return false
		}
	}
	return true
}

// takeOrder checks an order line by line without building anything.
func takeOrder(w http.ResponseWriter, r *http.Request) {
	lines := bufio.NewScanner(http.MaxBytesReader(w, r.Body, 1<<20))
	for lines.Scan() {
		if !validLine(lines.Bytes()) {
			http.Error(w, "bad line: "+lines.Text(), http.StatusUnprocessableEntity)
			return
		}
	}
	if err := lines.Err(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
}

// validLine says whether the line has four fields and starts with an SKU.
func validLine(line []byte) bool {
	const prefix = len("HM-000000-A,")
	if len(line) < prefix || string(line[:3]) != "HM-" || line[prefix-1] != ',' {
		return false
	}
	commas := 0
	for _, c := range line {
		if c == ',' {
			commas++
		}
	}
	return commas == 3
}
