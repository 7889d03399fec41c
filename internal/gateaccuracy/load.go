package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/goperf/goperf/profile"
)

// meta is what of meta.json is kept.
type meta struct {
	Ops        float64 `json:"ops"`
	UserS      float64 `json:"user_s"`
	SysS       float64 `json:"sys_s"`
	WallS      float64 `json:"wall_s"`
	TotalAlloc float64 `json:"total_alloc"`
	Mallocs    float64 `json:"mallocs"`
}

// load reads all runs of a program that were recorded below dir.
func load(of program, dir string) (*archive, error) {
	a := newArchive(of)
	for _, arm := range of.arms() {
		for round := range 1000 {
			r, err := a.load(filepath.Join(dir, arm.name, fmt.Sprintf("%03d", round)))
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s, round %d: %w", arm.name, round, err)
			}
			r.arm, r.round = arm.name, round
			a.runs = append(a.runs, r)
		}
	}
	if len(a.runs) == 0 {
		return nil, fmt.Errorf("%s: no runs", dir)
	}
	return a, nil
}

func (a *archive) load(dir string) (*recorded, error) {
	text, err := os.ReadFile(filepath.Join(dir, "meta.json"))
	if err != nil {
		return nil, err
	}
	var m meta
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, err
	}
	r := &recorded{
		ops: m.Ops, cpu: m.UserS + m.SysS, wall: m.WallS, alloc: m.TotalAlloc, mallocs: m.Mallocs,
		kinds: map[string][]sample{},
	}
	for _, kind := range kinds {
		data, err := os.ReadFile(filepath.Join(dir, kind+".pb.gz"))
		if err != nil {
			return nil, err
		}
		p, err := profile.Parse(data, profile.Options{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		if err := a.add(r, kind, p); err != nil {
			return nil, err
		}
	}
	return r, nil
}
