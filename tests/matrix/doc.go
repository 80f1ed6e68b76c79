// Package matrix holds no code. Its tests give every answer that something in between may give in the
// service's place, of every status, in HTML and empty, to every operation that a registry asks for: a push
// and a pull survive one, and name the cause when there is no end of them; a garbage collection
// deletes nothing alive. So they do with the service's own refusals, and with what slow services, inspecting
// proxies and scanners do.
//
// The registry is upstream's handlers and our driver in the test's own process, on Azurite with the fault
// proxy in between: a cell takes a tenth of what it takes with a binary of its own. Those of other faults are
// tests/e2e's.
package matrix
