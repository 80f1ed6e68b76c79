// Package doctor runs `registry doctor` on set-ups that are broken, each in one way, and on
// ones that are well. It is empty but for its tests.
package doctor
