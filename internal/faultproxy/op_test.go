package faultproxy

import (
	"net/http"
	"testing"
)

func TestOpOf(t *testing.T) {
	for op, spec := range requests {
		r, err := http.NewRequest(spec.method, "http://localhost/account"+spec.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range spec.header {
			r.Header.Set(name, value)
		}
		if got := opOf(r); got != op {
			t.Errorf("%s %s %v is %v, want %v", spec.method, spec.target, spec.header, got, op)
		}
	}
}

func TestOpOfTheRest(t *testing.T) {
	for _, test := range []struct{ method, target, blobType string }{
		{"PUT", "/c/b?comp=tags", ""},
		{"PUT", "/c/b", "PageBlob"},
		{"GET", "/c/b?comp=blocklist", ""},
		{"HEAD", "/c?restype=container", ""},
		{"DELETE", "/c?restype=container", ""},
		{"GET", "/?comp=list", ""},
		{"POST", "/c/b", ""},
	} {
		r, err := http.NewRequest(test.method, "http://localhost/account"+test.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		if test.blobType != "" {
			r.Header.Set("x-ms-blob-type", test.blobType)
		}
		if got := opOf(r); got != Other {
			t.Errorf("%s %s is %v, want %v", test.method, test.target, got, Other)
		}
	}
}
