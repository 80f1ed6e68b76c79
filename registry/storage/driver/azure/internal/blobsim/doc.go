// Package blobsim is a model of the Azure Blob service for tests: the part of
// its REST API that a registry uses, in memory, in virtual time, together with
// a network that loses, delays, repeats and damages what goes through it.
//
// # The service
//
// Service keeps accounts, containers, append blobs and block blobs, and carries
// out one request at a time, at a moment that it is told. It answers with the
// status codes, error codes and headers of the REST reference ("Put Blob",
// "Append Block", "Get Blob", "Copy Blob", "List Blobs", "Blob Storage error
// codes"). Where the reference leaves something open the model takes the
// nastier reading, and says so at that place. It doesn't check signatures.
//
// # The network
//
// Network carries requests to a Service. It is an http.RoundTripper for each
// client, and keeps virtual time in slots of one second. Every request arrives
// in a slot after the one in which it was sent, at a moment within the slot
// that depends only on the seed and on who sends what for the how-manieth time.
// So neither the order in which goroutines happen to run nor a jitter of some
// milliseconds in the client's waits can change what happens: a seed replays
// its run exactly, as long as the client's own waits stay far below a slot and
// its time limits are whole slots (or keep a distance from whole slots larger
// than Spread).
//
// What happens to a request is a Plan. A request may be lost; be carried out
// and its answer lost; be carried out later than its retry and whatever came
// after that; be carried out twice; arrive damaged; have its answer cut off.
//
// The network has no goroutines. What is due later waits in a queue, and is
// carried out, in the order of time, before whatever arrives next; Drain
// carries out the rest.
//
// It is meant for a testing/synctest bubble, but does its work in real time,
// too.
package blobsim
