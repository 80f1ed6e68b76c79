package main

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// treeID is the id git gives a folder that holds exactly the files of
// content below dir, none of them executable. An empty dir is the root.
func treeID(content map[string][]byte, dir string) string {
	type entry struct{ mode, name, id string }
	entries := map[string]entry{}
	prefix := dir + "/"
	if dir == "" {
		prefix = ""
	}
	for name := range content {
		rest, below := strings.CutPrefix(name, prefix)
		if !below {
			continue
		}
		first, _, nested := strings.Cut(rest, "/")
		switch {
		case !nested:
			entries[first] = entry{"100644", first, objectID("blob", content[name])}
		case entries[first+"/"].id == "":
			// The key ends in a slash because git sorts folders as if
			// their names did.
			entries[first+"/"] = entry{"40000", first, treeID(content, prefix+first)}
		}
	}
	var raw strings.Builder
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		e := entries[key]
		id, err := hex.DecodeString(e.id)
		if err != nil {
			panic(err) // objectID made it
		}
		fmt.Fprintf(&raw, "%s %s\x00%s", e.mode, e.name, id)
	}
	return objectID("tree", []byte(raw.String()))
}
