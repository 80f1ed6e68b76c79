package configuration

import (
	"slices"
	"strings"
)

// services returns the prefixes of the variables by which Kubernetes tells a
// pod of the services in its namespace. A service named "registry" becomes
// REGISTRY_SERVICE_HOST, REGISTRY_PORT_5000_TCP and so on, which aren't meant
// as configuration.
func (a envVars) services() []string {
	const host, port = "_SERVICE_HOST", "_SERVICE_PORT"
	var prefixes []string
	for _, variable := range a {
		prefix, found := strings.CutSuffix(variable.name, host)
		if found && slices.ContainsFunc(a, func(v envVar) bool { return v.name == prefix+port }) {
			prefixes = append(prefixes, prefix)
		}
	}
	return prefixes
}

// describes reports whether the variable is one of those that Kubernetes makes
// for the service with that prefix.
func (v envVar) describes(service string) bool {
	rest, found := strings.CutPrefix(v.name, service)
	return found && (rest == "_PORT" || strings.HasPrefix(rest, "_PORT_") || strings.HasPrefix(rest, "_SERVICE_"))
}
