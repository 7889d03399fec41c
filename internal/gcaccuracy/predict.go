//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
)

// span is a prediction: the middle and the ends of the 90 % interval.
type span struct{ mid, low, high float64 }

func (s span) holds(x float64) bool { return s.low <= x && x <= s.high }

// predicted is what goperf gc says of a setting.
type predicted struct {
	setting              string
	figures              string // measured, predicted or none
	verdict, why         string
	cycles, gc, cpu, rss span
	bound                float64 // of RSS
	recommended          bool
}

// output is what of a report in JSON is read here.
type output struct {
	Exhibits []struct {
		ID    string `json:"id"`
		Table *struct {
			Columns []struct {
				Name string `json:"name"`
			} `json:"columns"`
			Rows [][]struct {
				Text  string   `json:"text"`
				Value *float64 `json:"value"`
			} `json:"rows"`
		} `json:"table"`
	} `json:"exhibits"`
}

// predict has goperf gc read what was observed of a subject at a setting.
func (l *lab) predict(ctx context.Context, s subject, at string, args ...string) ([]predicted, error) {
	words := append([]string{"gc", l.bundle(s, at), "-f", "json"}, args...)
	c := exec.CommandContext(ctx, l.path("bin", "goperf"), words...)
	data, err := c.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() != 1 {
		return nil, fmt.Errorf("goperf gc %s: %w: %s", s.name, err, tail(string(exit.Stderr)))
	}
	var out output
	if err := json.Unmarshal(data, &out); err != nil {
		return nil, fmt.Errorf("goperf gc %s: %w", s.name, err)
	}
	return out.settings()
}

// settings are the rows of the frontier.
func (o output) settings() ([]predicted, error) {
	var all []predicted
	for _, row := range o.rows("frontier-data") {
		all = append(all, setting(row.texts, row.values))
	}
	for i, row := range o.rows("frontier") {
		if i < len(all) {
			all[i].recommended = strings.HasPrefix(row.texts["GOGC"], "→")
		}
	}
	if len(all) == 0 {
		return nil, errors.New("goperf gc: no settings in the report")
	}
	return all, nil
}

// row is a row of a table by the names of its columns.
type row struct {
	texts  map[string]string
	values map[string]float64
}

// rows are those of the table of an exhibit.
func (o output) rows(id string) []row {
	var all []row
	for _, e := range o.Exhibits {
		if e.ID != id || e.Table == nil {
			continue
		}
		for _, cells := range e.Table.Rows {
			r := row{map[string]string{}, map[string]float64{}}
			for i, cell := range cells {
				name := e.Table.Columns[i].Name
				r.texts[name] = cell.Text
				if cell.Value != nil {
					r.values[name] = *cell.Value
				}
			}
			all = append(all, r)
		}
	}
	return all
}

func setting(texts map[string]string, cells map[string]float64) predicted {
	take := func(name string) span { return span{cells[name], cells[name+"_low"], cells[name+"_high"]} }
	p := predicted{
		setting: texts["gogc"], figures: texts["figures"], verdict: texts["verdict"], why: texts["why"],
		cycles: take("cycles"), gc: take("gc"), cpu: take("cpu"), rss: take("rss"), bound: cells["rss_bound"],
	}
	if limit := cells["gomemlimit"]; limit > 0 {
		p.setting += fmt.Sprintf("/%.0fMiB", limit/(1<<20))
	}
	return p
}
