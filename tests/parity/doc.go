// Package parity holds the cases of public reports as end-to-end tests that run against any binary of the
// registry: what people reported, what the service's reference says and an emulator doesn't show. Its
// tests run them against ours; `make parity` runs them against ours and pristine upstream (compare) and
// prints both columns.
//
// A case says what a person sees: the exit code, the answer, the stored bytes. It uses no setting that
// upstream's driver would stumble over, and shortens real delays only by such that both understand or
// that don't change what is asked.
package parity
