// Package appendlog is the protocol that stores a stream in an append blob, each byte once and in order.
package appendlog
