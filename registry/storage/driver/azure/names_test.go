package azure

import (
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

func TestNames(t *testing.T) {
	tests := []struct {
		root   string
		legacy bool
		path   string
		name   string // of the blob
		prefix string // of the directory
	}{
		{"", false, "/docker/registry", "docker/registry", "docker/registry/"},
		{"/", false, "/docker/registry", "docker/registry", "docker/registry/"},
		{"a", false, "/docker/registry", "a/docker/registry", "a/docker/registry/"},
		{"/a", false, "/docker/registry", "a/docker/registry", "a/docker/registry/"},
		{"a/", false, "/docker/registry", "a/docker/registry", "a/docker/registry/"},
		{"/a/b/", false, "/docker/registry", "a/b/docker/registry", "a/b/docker/registry/"},
		{"", true, "/docker/registry", "/docker/registry", "/docker/registry/"},
		{"/", true, "/docker/registry", "/docker/registry", "/docker/registry/"},
		{"/a/b/", true, "/docker/registry", "/a/b/docker/registry", "/a/b/docker/registry/"},
		{"", false, "/", "/", ""},
		{"/", false, "/", "/", ""},
		{"a", false, "/", "a/", "a/"},
		{"", true, "/", "/", "/"},
		{"a/", true, "/", "/a/", "/a/"},
	}
	for _, test := range tests {
		n := newNames(test.root, test.legacy)
		if got := n.blobName(test.path); got != test.name {
			t.Errorf("root %q, legacy %v: blobName(%q) is %q, want %q", test.root, test.legacy, test.path, got, test.name)
		}
		if got := n.dirPrefix(test.path); got != test.prefix {
			t.Errorf("root %q, legacy %v: dirPrefix(%q) is %q, want %q", test.root, test.legacy, test.path, got, test.prefix)
		}
	}
}

// TestForeignNames: blobs that no path leads to.
func TestForeignNames(t *testing.T) {
	tests := []struct {
		root   string
		legacy bool
		name   string
	}{
		{"", false, ""},
		{"", false, "/docker/registry"}, // version 2's
		{"", true, "docker/registry"},   // version 3's
		{"", true, "//docker"},
		{"a", false, "a"},
		{"a", false, "a/"},
		{"a", false, "ab/docker"},
		{"a", false, "docker/a/docker"},
		{"a", false, "/a/docker"},
		{"a", true, "a/docker"},
		{"a", true, "/ab/docker"},
	}
	for _, test := range tests {
		if path, ok := newNames(test.root, test.legacy).path(test.name); ok || path != "" {
			t.Errorf("root %q, legacy %v: %q has the path %q", test.root, test.legacy, test.name, path)
		}
	}
}

// FuzzNames: paths and names are each other's inverse, and what lies below a directory is
// what starts with its prefix.
func FuzzNames(f *testing.F) {
	for _, root := range []string{"", "/", "a", "/a", "a/", "/a/b/", "//a//"} {
		for _, legacy := range []bool{false, true} {
			f.Add(root, legacy, "/docker/registry/v2", "docker/registry/v2")
			f.Add(root, legacy, "/a", "/a/x")
			f.Add(root, legacy, "/", "//")
		}
	}
	f.Fuzz(func(t *testing.T, root string, legacy bool, path, name string) {
		n := newNames(root, legacy)
		if storagedriver.PathRegexp.MatchString(path) {
			checkPath(t, n, path)
		}
		if back, ok := n.path(name); ok && n.blobName(back) != name {
			t.Errorf("%+v: the blob %q has the path %q, whose blob is %q", n, name, back, n.blobName(back))
		}
		if n.blobName(path) == "" {
			t.Errorf("%+v: %q has an empty name", n, path)
		}
		if prefix := n.dirPrefix(path); prefix != "" && !strings.HasSuffix(prefix, "/") {
			t.Errorf("%+v: dirPrefix(%q) is %q", n, path, prefix)
		}
	})
}

func checkPath(t *testing.T, n names, path string) {
	name := n.blobName(path)
	if back, ok := n.path(name); !ok || back != path {
		t.Errorf("%+v: %q is the blob %q, whose path is %q, %v", n, path, name, back, ok)
	}
	if name+"/" != n.dirPrefix(path) {
		t.Errorf("%+v: %q is the blob %q and the prefix %q", n, path, name, n.dirPrefix(path))
	}
	for i := range path { // its directories, "/" first
		if path[i] == '/' && !strings.HasPrefix(name, n.dirPrefix(path[:i+1])) {
			t.Errorf("%+v: the blob %q is not below %q", n, name, n.dirPrefix(path[:i+1]))
		}
	}
	if strings.HasPrefix(name, "/") != n.legacy {
		t.Errorf("%+v: %q is the blob %q", n, path, name)
	}
	other := n.other()
	if other.other() != n || strings.TrimPrefix(other.blobName(path), "/") != strings.TrimPrefix(name, "/") {
		t.Errorf("%+v: %q is the blob %q, in the other style %q", n, path, name, other.blobName(path))
	}
	if path, ok := other.path(name); ok && n.root != "" {
		t.Errorf("%+v: the blob %q has the path %q in the other style too", n, name, path)
	}
}
