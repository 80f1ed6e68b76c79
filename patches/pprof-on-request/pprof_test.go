package registry

import (
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
)

// TestDebugServerProfiles asks the debug server for profiles and for the health
// status, with the profiles turned off and on.
func TestDebugServerProfiles(t *testing.T) {
	for _, enabled := range []bool{false, true} {
		config := &configuration.Configuration{}
		config.HTTP.Debug.Pprof.Enabled = enabled
		for path, served := range map[string]bool{
			"/debug/pprof/": enabled, "/debug/pprof/cmdline": enabled, "/debug/health": true,
		} {
			recorder := httptest.NewRecorder()
			debugHandler(config).ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, path, nil))
			if found := recorder.Code < http.StatusBadRequest; found != served {
				t.Errorf("profiles %t: %s answers %d", enabled, path, recorder.Code)
			}
		}
	}
}
