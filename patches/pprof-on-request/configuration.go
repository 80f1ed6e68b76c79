package configuration

// Pprof configures whether the debug server serves profiles of the process.
type Pprof struct {
	// Enabled turns them on. They show the command line and may slow the
	// process down, so that they are off unless asked for.
	Enabled bool `yaml:"enabled,omitempty"`
}
