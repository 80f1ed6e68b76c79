package azure

import "strings"

// names maps the driver's paths ("/docker/registry/v2") to names of blobs in the container
// and back. The zero value has no root directory.
type names struct {
	root   string // without slashes around it; empty: the whole container
	legacy bool   // names start with a slash
}

// newNames returns the mapping below rootDirectory. With legacyRootPrefix names start with a
// slash, as version 2 of the registry wrote them.
func newNames(rootDirectory string, legacyRootPrefix bool) names {
	return names{root: strings.Trim(rootDirectory, "/"), legacy: legacyRootPrefix}
}

// blobName returns the name of the blob at path, which is absolute. It is never empty: the
// root path "/", which is no blob's, becomes "/" when there is no root directory.
func (n names) blobName(path string) string {
	name := n.dirPrefix("/") + strings.TrimLeft(path, "/")
	if name == "" {
		return "/"
	}
	return name
}

// path returns the path of the blob with this name, or false if no path leads to it: it lies
// outside the root directory, or has names of the other style.
func (n names) path(blobName string) (string, bool) {
	rest, ok := strings.CutPrefix(blobName, n.dirPrefix("/"))
	if !ok || rest == "" || rest[0] == '/' {
		return "", false
	}
	return "/" + rest, true
}

// dirPrefix returns what the names of all blobs below the directory at path start with:
// something that ends with a slash, or nothing if all of the container's blobs are below it.
func (n names) dirPrefix(path string) string {
	var prefix strings.Builder
	if n.legacy {
		prefix.WriteByte('/')
	}
	for _, part := range []string{n.root, strings.Trim(path, "/")} {
		if part != "" {
			prefix.WriteString(part)
			prefix.WriteByte('/')
		}
	}
	return prefix.String()
}

// other returns the mapping for names of the other style below the same root directory.
func (n names) other() names {
	n.legacy = !n.legacy
	return n
}
