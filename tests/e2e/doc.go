// Package e2e holds no code. Its tests run the registry's binary on Azurite, with the fault
// proxy in between, and push and pull with go-containerregistry and with a plain HTTP client.
//
// What is asserted is what a client gets and what is stored, byte for byte. The clients never
// try again by themselves: what the registry doesn't survive fails the test.
package e2e
