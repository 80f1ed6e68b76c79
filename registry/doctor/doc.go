// Package doctor is the command doctor: it reads a registry's configuration as serve does,
// has its storage examined, looks at what else of the configuration matters to a registry
// on Azure, and writes a report.
package doctor
