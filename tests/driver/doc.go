// Package driver holds no code. Its tests run the azure driver, through its exported API
// alone, against Azurite with the fault proxy in between: upstream's driver testsuite, and
// one test for everything that once broke in this driver or in those it replaces.
package driver
