package config

import (
	"regexp"
	"strings"
)

// containerName is what REST's "Naming and referencing containers, blobs, and metadata"
// allows, with the service's own containers ($root and the like).
var containerName = regexp.MustCompile(`^\$?[a-z0-9](-?[a-z0-9])+$`)

// checkContainer returns the container's name. What can't be the name of one on any service
// is a problem, what Azure wouldn't take is a warning.
func checkContainer(given string, found *findings) string {
	name := strings.Trim(given, "/")
	switch {
	case name == "":
		found.reject("container", "%w", errMissing)
	case strings.Contains(name, "://"):
		found.reject("container", "is a URL; the container's name alone belongs here, the account's address into serviceurl")
	case strings.ContainsAny(name, `/\`):
		found.reject("container", "%q has a slash in it; a folder in the container belongs into rootdirectory", name)
	case name != strings.ToLower(name):
		found.reject("container", "%q has upper-case letters, which no container has: is %q meant?", name, strings.ToLower(name))
	case name != given:
		found.warn("container", "the slashes around %q are left out", name)
	case !containerName.MatchString(name) || len(name) < 3 || len(name) > 63:
		found.warn("container", "%q is no name that Azure allows: 3 to 63 lower-case letters, digits, and single hyphens between them", name)
	}
	return name
}

// checkRoot returns the root directory without the slashes around it. Azure resolves "." and
// ".." and drops the dots at the end of a segment (REST, as above), so that what is stored
// below such a directory can't be found in a listing.
func checkRoot(given string, found *findings) string {
	root := strings.Trim(given, "/")
	for segment := range strings.SplitSeq(root, "/") {
		if strings.HasSuffix(segment, ".") {
			found.reject("rootdirectory", "%q ends in a dot, which Azure takes out of names: what is stored there would not be found again", segment)
			return root
		}
	}
	if strings.Contains(root, `\`) {
		found.warn("rootdirectory", "has a backslash in it, which Azure takes for a slash")
	}
	return root
}

// OtherStyle says what it means that the container holds a registry under names of the style
// that is configured, or of the other one; nothing if all is well.
func (s Settings) OtherStyle(mine, other bool) string {
	switch {
	case other && mine && s.LegacyRootPrefix:
		return "the container holds a second registry, under names without a leading slash, which is not seen: legacyrootprefix is true, or trimlegacyrootprefix false"
	case other && mine:
		return "the container holds a second registry, under names with a leading slash as version 2 wrote them, which is not seen: legacyrootprefix is not set, or trimlegacyrootprefix true"
	case other && s.LegacyRootPrefix:
		return "the container holds a registry only under names without a leading slash: remove legacyrootprefix, or set trimlegacyrootprefix to true, to see it"
	case other:
		return "the container holds a registry only under names with a leading slash, as version 2 wrote them: set legacyrootprefix to true, and remove trimlegacyrootprefix, to see it"
	}
	return ""
}
