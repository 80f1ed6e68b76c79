// Package azure is a storagedriver.StorageDriver that keeps a registry in a
// container of Azure Blob Storage.
//
// # Parameters
//
// The keys of storage.azure in the registry's configuration, or of
// REGISTRY_STORAGE_AZURE_* in its environment:
//
//	accountname           the storage account
//	container             the container
//	accountkey            the account's key
//	connectionstring      a connection string instead of accountname and accountkey
//	credentials.type      shared_key, client_secret, default_credentials; may be left out
//	credentials.clientid  of a service principal, or of the identity to use
//	credentials.tenantid  of either
//	credentials.secret    of a service principal
//	realm                 domain of the cloud, default core.windows.net
//	serviceurl            endpoint, default https://<accountname>.blob.<realm>
//	rootdirectory         put in front of every name
//	legacyrootprefix      names begin with "/", as version 2 wrote them
//	create_container      create the container if it isn't there
//	skipverify            accept any TLS certificate
//	chunksize             largest block of an upload, default 16 MiB (4 to 100 MiB)
//	uploadmemory          what the blocks of all uploads hold, default 256 MiB
//	max_retries           attempts after the first without progress, default 5
//	retry_delay           first wait between two attempts, default 100ms
//	max_retry_delay       longest wait between two attempts, default 30s
//	retry_budget          longest time without progress, default 3m
//	try_timeout           what one attempt may take without a body, default 10s
//	copy_timeout          longest wait for a copy inside the service, default 15m
//	redirectendpoint      address for clients, default serviceurl
//	redirect_expiry       how long a redirect is good for, default 20m
//	debug_log             log requests and answers, without secrets
//	debug_log_events      which of them
//
// # Blobs
//
// An upload is an append blob, so that it can go on in another process at the
// byte where it ended. What PutContent stores is a block blob. Move copies
// inside the service, and keeps the type.
//
// # FileWriter
//
// What a writer answers, by what was called on it before:
//
//	before             Write   Close   Commit  Cancel
//	nothing            ok      ok      ok      ok, the upload is removed
//	Close              error   error   error   error, the blob stays
//	Commit             error   ok      error   error, the file stays
//	Commit that failed error   that    error   error, what is stored stays
//	Cancel             error   ok      error   error
//	Commit, Close      error   error   error   error, the file stays
//
// That is what the other drivers answer where they agree. An error of Write,
// Close or Commit is sticky: nothing is accepted any more. Size counts what was
// accepted, and after an error what is verified to be stored. Close tries as hard
// as Commit. A ConflictError, which wraps ErrCorruptedData, says that the blob
// holds other bytes than the writer's.
//
// Without append on a file that is there, a Writer leaves it to readers as it is until
// Commit replaces it at once. Until then the upload is found by a Writer with append
// once it was closed.
//
// With append a Writer goes on where the last one ended; where there is no upload,
// or a block blob that a restore brought back, the path is not found.
//
// # The write guarantee
//
// While a writer is open, the stored blob is a prefix of the stream given to
// it, each byte once and in order. Commit returns nil only if the stored blob
// is the stream. Whatever the network does, the outcome is the right bytes or
// an error, never wrong bytes.
//
// The driver decides from the outcome of a request, never from the cause of a
// failure:
//
//	observed                                      outcome      what is done
//	201 that names our append offset              applied      go on
//	400 Md5Mismatch, Crc64Mismatch                not applied  send again
//	412, 408, 429, 5xx, no answer, no answer in   unknown      read back what is stored,
//	time, a 201 that doesn't name our offset, an               compare, go on from there
//	answer that isn't the service's own
//	401, 403, 404, 413, any other 4xx             refused      fail
//
// All other requests that change something are conditional too, on the blob
// being absent or on its ETag, so that one which is carried out late can't undo
// anything newer.
//
// # Where to look
//
//	driver.go      factory, Driver, parameters, what is logged at start
//	names.go       paths and blob names        conditional.go ETag, MoveIfMatch, DeleteIfMatch
//	content.go     GetContent, PutContent, Reader
//	tree.go        Stat, List                  walk.go        Walk (walkwindow.go)
//	delete.go      Delete                      deletefiles.go DeleteFiles, of many folders
//	move.go        Move                        rewrite.go     content under another blob type, comparing
//	writer.go      uploads                     successor.go   uploads that replace a file
//	appendblob.go  append blob to protocol     errors.go      errors at the surface
//
// internal/service is one request to Azure and what its answer means,
// internal/config what the operator said, internal/appendlog the protocol,
// internal/blockbuf gathers blocks and internal/budget holds attempts to their
// limits; none knows the others.
package azure
