// Package rules holds no code. Its tests keep the rules about who may import whom, so that
// the driver's folder can be lifted into upstream's tree whole.
package rules
