package registry

import (
	"net/http"
	"time"
)

// lastRequests tells clients to close their connections once the registry is
// stopping. Closing idle ones from this side could cross with a request.
func (registry *Registry) lastRequests(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if registry.stopping.Load() {
			w.Header().Set("Connection", "close")
		}
		handler.ServeHTTP(w, r)
	})
}

// serveUntilUnlisted goes on serving for the configured delay, so that load
// balancers can learn of the end. It returns early at a second stop signal, or
// with the error that ended serving.
func (registry *Registry) serveUntilUnlisted(serveErr <-chan error) error {
	registry.stopping.Store(true)
	delay := time.NewTimer(registry.config.HTTP.DrainDelay)
	defer delay.Stop()
	select {
	case <-delay.C:
	case <-registry.quit:
	case err := <-serveErr:
		return err
	}
	return nil
}
