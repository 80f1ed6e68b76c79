// Package command is the registry's verify, repair and adopt commands: flags,
// configuration, reports and exit codes around packages verify, repair and
// adopt.
package command
