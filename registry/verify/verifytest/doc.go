// Package verifytest makes registries for tests, damaged the way real ones were.
//
// A [Writer] appends as the old Azure driver did: it doesn't say where the block
// belongs, and sends it again when no answer comes. A test says which answers
// are lost; the damage follows from that, and nothing here edits a stored file.
// Over Azure the appends are real ones, through Microsoft's SDK and its retries,
// and a transport throws away answers of requests that were carried out.
// Over another driver they are appends to its files.
//
// [Registry] pushes images through such a writer, into the layout of a registry,
// and remembers the right bytes of every file.
package verifytest
