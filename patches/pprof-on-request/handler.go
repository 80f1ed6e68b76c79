package registry

import (
	"net/http"

	"github.com/distribution/distribution/v3/configuration"
)

// debugHandler serves what has been registered with the http package, without
// the profiles unless they are asked for.
func debugHandler(config *configuration.Configuration) http.Handler {
	if config.HTTP.Debug.Pprof.Enabled {
		return http.DefaultServeMux
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.DefaultServeMux)
	mux.Handle("/debug/pprof/", http.NotFoundHandler())
	return mux
}
