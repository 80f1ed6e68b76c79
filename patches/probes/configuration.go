package configuration

// Probe configures a path that answers 200 OK without authentication, for
// whatever watches over the process.
type Probe struct {
	// Path is the path of the request. There is no such path if it is empty.
	Path string `yaml:"path,omitempty"`
}
