package registry

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/health"
)

// TestProbesOfAnUnhealthyRegistry asks for all paths while a check fails.
func TestProbesOfAnUnhealthyRegistry(t *testing.T) {
	config := &configuration.Configuration{}
	config.Storage = configuration.Storage{"inmemory": configuration.Parameters{}}
	config.Health.Liveness.Path = "/livez"
	config.Health.Readiness.Path = "/readyz"
	registry, err := NewRegistry(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}

	updater := health.NewStatusUpdater()
	health.Register(t.Name(), updater)
	defer updater.Update(nil)
	for _, test := range []struct {
		status                   error
		liveness, readiness, api int
	}{
		{nil, http.StatusOK, http.StatusOK, http.StatusOK},
		{errors.New("unhealthy"), http.StatusOK, http.StatusServiceUnavailable, http.StatusServiceUnavailable},
	} {
		updater.Update(test.status)
		for path, expected := range map[string]int{
			"/livez": test.liveness, "/readyz": test.readiness, "/": test.readiness, "/v2/": test.api,
		} {
			recorder := httptest.NewRecorder()
			registry.server.Handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
			if recorder.Code != expected {
				t.Errorf("%s with status %v: %d, expected %d", path, test.status, recorder.Code, expected)
			}
		}
	}
}
