package main

import (
	"path/filepath"
	"slices"
	"strings"
)

// arguments turns the command lines that the two stock images accept into
// ones that upstream's commands understand. distribution/distribution takes a
// subcommand (`serve /etc/distribution/config.yml`); the Docker official image
// registry:3 has a shell script in front that also takes the path of a
// configuration alone, or the whole command with the program's name. Doing it
// here lets one image without a shell stand in for both.
//
// args are the arguments after the program's name and are not changed. exists
// reports whether a path names a regular file.
func arguments(args []string, exists func(string) bool) []string {
	if len(args) > 0 && (args[0] == "registry" || args[0] == "/bin/registry") {
		args = args[1:]
	}
	if len(args) > 0 && isConfiguration(args[0], exists) {
		return slices.Concat([]string{"serve"}, args)
	}
	return slices.Clone(args)
}

// isConfiguration reports whether a first argument is the path of a
// configuration. A .yml or .yaml counts even if it is missing, because serve
// then says that it is. Any other file must be there, and its name must be
// one that no subcommand could have, lest a file named serve hide serve.
func isConfiguration(arg string, exists func(string) bool) bool {
	if strings.HasPrefix(arg, "-") {
		return false
	}
	switch filepath.Ext(arg) {
	case ".yml", ".yaml":
		return true
	}
	return strings.ContainsAny(arg, `./\`) && exists(arg)
}
