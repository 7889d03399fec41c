package cgroup

import (
	"io/fs"
	"path"
	"strings"
)

// hierarchy is one tree of groups, and the group in it that is looked at.
type hierarchy struct {
	fsys  fs.FS
	root  string // of the tree in fsys: "" in version 2, the controller in version 1
	group string // "" when the process is in none
}

func (h hierarchy) read(group, file string) []byte {
	if h.fsys == nil || group == "" {
		return nil
	}
	data, err := fs.ReadFile(h.fsys, strings.TrimPrefix(path.Join("/", h.root, group, file), "/"))
	if err != nil {
		return nil
	}
	return data
}

// up calls visit with a file in the group and in each group around it that has
// it. A path that does not exist here belongs to another mount namespace: then
// the root of what is mounted is the group.
func (h hierarchy) up(file string, visit func(group string, data []byte)) {
	for group := h.group; group != ""; group = path.Dir(group) {
		if data := h.read(group, file); data != nil {
			visit(group, data)
		}
		if group == "/" {
			return
		}
	}
}

// nearest is the file in the innermost group that has it.
func (h hierarchy) nearest(file string) []byte {
	var found []byte
	h.up(file, func(_ string, data []byte) {
		if found == nil {
			found = data
		}
	})
	return found
}
