package storage

// DefaultGCConcurrency hides most of a storage service's latency, and is no
// burden to it.
const DefaultGCConcurrency = 16
