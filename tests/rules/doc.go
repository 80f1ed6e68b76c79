// Package rules holds no code. Its tests keep the rules about who may import whom, so that
// the driver's folder can be lifted into upstream's tree whole; and that links between pages, and the
// commands of docs/testing.md, lead somewhere.
package rules
