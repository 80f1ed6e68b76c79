package azure

import (
	"regexp"
	"strings"
)

// names maps the driver's paths ("/docker/registry/v2") to names of blobs in the container
// and back. The zero value has no root directory.
//
// The service drops the dots at the end of a segment, so that a tag "v1." would be the tag
// "v1" (REST: "Naming and referencing containers, blobs, and metadata"). The last one is
// therefore written as dotAtEnd, which no path can have.
type names struct {
	root   string // without slashes around it; empty: the whole container
	legacy bool   // names start with a slash
}

// dotAtEnd stands for a dot at the end of a segment.
const dotAtEnd = "%2E"

// A successor is a blob whose bytes are about to take the place of another's. Its name is the
// other's, a mark, and what tells successors apart. No path has such a name, so that nobody but
// this driver sees them; they are deleted with the other.
const (
	uploadMark = "%new-" // of an upload that replaces a file when it is committed
	putMark    = "%put-" // of PutContent or Move, where the service can't replace in place
)

// markStart are what both begin with.
const markStart = "%"

// markedID is a mark and what follows it.
var markedID = regexp.MustCompile(`^%(new|put)-[0-9a-f]{16}$`)

func isSuccessor(name string) bool {
	i := strings.LastIndex(name, markStart)
	return i >= 0 && markedID.MatchString(name[i:])
}

// isSuccessorOf reports whether candidate is about to take the place of the blob name.
func isSuccessorOf(candidate, name string) bool {
	return strings.HasPrefix(candidate, name+markStart) && isSuccessor(candidate)
}

// isUpload reports whether it is the name of an upload that replaces a file.
func isUpload(name string) bool {
	return isSuccessor(name) && strings.Contains(name, uploadMark)
}

// newNames returns the mapping below rootDirectory. With legacyRootPrefix names start with a
// slash, as version 2 of the registry wrote them.
func newNames(rootDirectory string, legacyRootPrefix bool) names {
	return names{root: strings.Trim(rootDirectory, "/"), legacy: legacyRootPrefix}
}

// blobName returns the name of the blob at path, which is absolute. It is never empty: the
// root path "/", which is no blob's, becomes "/" when there is no root directory.
func (n names) blobName(path string) string {
	name := n.dirPrefix("/") + keepDots(strings.TrimLeft(path, "/"))
	if name == "" {
		return "/"
	}
	return name
}

// path returns the path of the blob with this name, or false if no path leads to it: it lies
// outside the root directory, has names of the other style, or is a successor's.
func (n names) path(blobName string) (string, bool) {
	rest, ok := strings.CutPrefix(blobName, n.dirPrefix("/"))
	if !ok || rest == "" || rest[0] == '/' || isSuccessor(rest) {
		return "", false
	}
	return "/" + readDots(rest), true
}

// dirPrefix returns what the names of all blobs below the directory at path start with:
// something that ends with a slash, or nothing if all of the container's blobs are below it.
func (n names) dirPrefix(path string) string {
	var prefix strings.Builder
	if n.legacy {
		prefix.WriteByte('/')
	}
	for _, part := range []string{n.root, keepDots(strings.Trim(path, "/"))} {
		if part != "" {
			prefix.WriteString(part)
			prefix.WriteByte('/')
		}
	}
	return prefix.String()
}

// keepDots writes the dots that the service would drop.
func keepDots(path string) string {
	if !strings.Contains(path, "./") && !strings.HasSuffix(path, ".") {
		return path
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		if rest, ok := strings.CutSuffix(segment, "."); ok {
			segments[i] = rest + dotAtEnd
		}
	}
	return strings.Join(segments, "/")
}

// readDots undoes keepDots.
func readDots(name string) string {
	if !strings.Contains(name, dotAtEnd) {
		return name
	}
	segments := strings.Split(name, "/")
	for i, segment := range segments {
		if rest, ok := strings.CutSuffix(segment, dotAtEnd); ok {
			segments[i] = rest + "."
		}
	}
	return strings.Join(segments, "/")
}

// other returns the mapping for names of the other style below the same root directory.
func (n names) other() names {
	n.legacy = !n.legacy
	return n
}
