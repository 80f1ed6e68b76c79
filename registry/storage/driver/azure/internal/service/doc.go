// Package service is one request to Azure Blob Storage, and what its answer
// means. It knows blobs, listings and copies by their names in a container, and
// nothing of paths, uploads or folders.
//
//	client.go      the one client and its transport
//	credential.go  tokens                      sign.go        URLs for others
//	genuine.go     whose answer is it          verdict.go     what an answer means
//	errors.go      errors of requests          attempt.go     the one loop of retries
//	patience.go    how long a try may take     body.go        bodies of requests
//	properties.go  looking at a blob           change.go      changing one, conditionally
//	append.go      append blobs                blocks.go      block blobs, block by block
//	copy.go        copies in the service
//	download.go    bodies that resume          list.go        listings, page by page
//	batch.go       many deletes in one         checksum.go    CRC64
//	metrics.go     series and spans            log.go         log lines
//
// A method tries until it knows the outcome, the retry budget is spent or its
// context ends; those of [AppendBlob] send once. Its error is a [*CallError] or
// wraps one, and [Judge] says what that means. Many give back doubt as well: an
// earlier try of the same call may have been carried out, so that "already
// exists" may speak of our own blob, and "not found" of our own delete.
//
// No method keeps a context, or leaves a goroutine behind that isn't bounded by
// a time of its own.
package service
