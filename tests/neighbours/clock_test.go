package neighbours

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// The service's clock and ours are an hour apart, and it doesn't mind. Tags are moved to and fro, under lost answers
// too: nothing may depend on comparing its times with ours.
func TestClockAnHourOff(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]time.Duration{"fast": time.Hour, "slow": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storage := registrytest.NewStorage(t)
			config := storage.Azure(registrytest.Section{"serviceurl": shiftClock(t, storage.URL(), by)})
			l := &laboratory{storage, registrytest.Start(t, registrytest.Options{Azure: config})}
			lost := storage.Random(0.1, 1, faultproxy.OperationTimedOutAfter, faultproxy.InternalErrorBefore)
			for _, title := range []string{"one", "other", "one", "other", "one"} {
				require.NoError(t, l.push(t, title))
				image, err := registrytest.Image(title, registrytest.Layer(layerOf(title)))
				require.NoError(t, err)
				want, err := image.RawManifest()
				require.NoError(t, err)
				status, got, err := registrytest.Get(t.Context(), l.registry.URL()+"/v2/neighbours/manifests/latest")
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, status)
				require.Equal(t, string(want), string(got), "the tag is another image")
			}
			require.Positive(t, lost.Struck())
			storage.Disarm()
			l.requireBlob(t, "neighbours", layerOf("one"))
		})
	}
}

// shiftClock puts a proxy before the service that tells the time so much later, and returns its URL.
func shiftClock(t *testing.T, service string, by time.Duration) string {
	t.Helper()
	target, err := url.Parse(service)
	require.NoError(t, err)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host // which is what was signed
		},
		ModifyResponse: func(r *http.Response) error {
			for _, name := range []string{"Date", "Last-Modified", "x-ms-creation-time", "x-ms-copy-completion-time"} {
				if at, err := http.ParseTime(r.Header.Get(name)); err == nil {
					r.Header.Set(name, at.Add(by).UTC().Format(http.TimeFormat))
				}
			}
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL + target.Path
}
