// Package unrepeat undoes the damage of appends that were sent twice: given a
// blob in which blocks are repeated, and the digest that it should have, it
// finds the bytes to cut out.
//
// # What is looked for
//
// An append that is sent again after a lost answer leaves the block X twice in a
// row: the stored bytes S hold XX where the true bytes hold X. With L the length
// of X, that is a run of at least L positions i for which S[i] == S[i+L]; such a
// run is a repeat, and L its lag. Cutting L bytes out at any place of the run
// gives the same result, so a repeat needs no exact boundaries. A block stored
// three times is a repeat whose run is 2L long, and is cut twice.
//
// # How it is found
//
// In steps, each linear in the size of the blob and in bounded memory, from the
// usual to the odd; the first result whose digest is right ends the search.
//
//   - sample.go: one pass computes the digest and notes, at places that the
//     content itself picks, a fingerprint of the last 64 bytes. A fingerprint
//     met before betrays a lag; extend.go then measures the run byte by byte.
//     Finds blocks from about 4 KiB up, any number of them.
//   - lag.go: when the size is known, a single repeated block has the excess as
//     its lag, whatever its content: two readers run over the blob at that
//     distance. The same for a block stored three or four times.
//   - short.go: every lag from 4 bytes to 4 KiB, exactly.
//   - late.go: a block that landed again only after the blocks behind it.
//
// search.go and sets.go pick, among the repeats, sets whose lengths make up the
// excess, and match.go computes the digests of the blob without each of them, of
// many sets in one pass. digest.go takes up the hash where the first cut is, so
// what lies before isn't read again.
//
// # Limits
//
// Only a matching digest is ever a result: no guess is. Content that repeats by
// nature, as text or zeros do, offers many sets; each step has its share of a
// budget of hashing and reading, and the search ends when that is spent. One
// repeated byte is a guess among one in 256 of the blob's: the budget covers
// about the last 400 kB. Blobs up to 4 MiB are held in memory, of larger ones
// only small pieces are.
package unrepeat
