package handlers

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
)

// What a storage says may name accounts, tenants and paths.
func TestErrorsOfTheStorageAreNotForClients(t *testing.T) {
	const secret = "application 4711 was not found in tenant 0815"
	r := newBusyRegistry(t, func(*configuration.Configuration) {})
	r.storage.failure = errors.New(secret)
	blob := "/v2/some/app/blobs/" + r.push("layer").String()
	upload := r.upload()
	logged := logInto(t)

	failing := func(method, target string) {
		t.Helper()
		_, answer := r.request(http.StatusInternalServerError, method, target, "application/octet-stream", "x")
		if text := string(answer); strings.Contains(text, "tenant") || !strings.Contains(text, "UNKNOWN") {
			t.Errorf("%s %s tells a client: %s", method, target, answer)
		}
	}
	r.storage.writes.Store(true)
	failing(http.MethodPatch, upload)
	r.storage.reads.Store(true)
	failing(http.MethodGet, blob)
	r.storage.calls.Store(true)
	failing(http.MethodGet, blob)
	failing(http.MethodDelete, blob)
	failing(http.MethodGet, "/v2/_catalog")
	failing(http.MethodGet, "/v2/some/app/manifests/latest")
	failing(http.MethodPatch, upload)
	if lines := strings.Count(logged.String(), secret); lines < 7 {
		t.Errorf("the log says in %d lines what failed, instead of one for each request:\n%s", lines, logged)
	}
}
