// Package command is the registry's verify and repair commands: flags,
// configuration, reports and exit codes around packages verify and repair.
package command
