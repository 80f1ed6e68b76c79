package parity

var awaited = map[string]bool{}
