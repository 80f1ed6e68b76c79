// Package azure is a storagedriver.StorageDriver that keeps a registry in a
// container of Azure Blob Storage.
//
// # Parameters
//
// The keys of storage.azure in the registry's configuration, or of
// REGISTRY_STORAGE_AZURE_* in its environment:
//
//	accountname       the storage account
//	container         the container; it must exist
//	accountkey        the account's key
//	connectionstring  a connection string instead of the two above
//	credentials       type (shared_key, client_secret, default_credentials),
//	                  clientid, tenantid, secret; the type may be left out
//	realm             domain of the cloud, default core.windows.net
//	serviceurl        endpoint, default https://<accountname>.blob.<realm>
//	rootdirectory     put in front of every name
//	legacyrootprefix  names begin with "/", as version 2 wrote them
//	skipverify        accept any TLS certificate
//	chunksize         largest block of an upload, default 16 MiB (4 to 100 MiB)
//	uploadmemory      what the blocks of all uploads hold, default 256 MiB
//	max_retries       attempts after the first without progress, default 5
//	retry_delay       first wait between two attempts, default 100ms
//	max_retry_delay   longest wait between two attempts, default 30s
//	retry_budget      longest time without progress, default 3m
//	try_timeout       what one attempt may take without a body, default 10s
//	copy_timeout      longest wait for a copy inside the service, default 15m
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
//	nothing            ok      ok      ok      ok, the blob is removed
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
//	time, a 201 that doesn't name our offset                   compare, go on from there
//	401, 403, 404, 413, any other 4xx             refused      fail
//
// All other requests that change something are conditional too, on the blob
// being absent or on its ETag, so that one which is carried out late can't undo
// anything newer.
//
// # Where to look
//
//	driver.go      factory, Driver, New        startup.go    what is logged at start
//	parameters.go  what internal/config reads, under upstream's names
//	client.go      the one client              sign.go       URLs for redirects
//	azurite.go     a concession to Azurite     names.go      paths and blob names
//	errors.go      what answers mean           retry.go      attempts and their outcome
//	pace.go        how long a try may take     properties.go a stored blob; conditions
//	content.go     GetContent, PutContent      reader.go     downloads that resume
//	tree.go        Stat, List                  list.go       listings, page by page
//	walk.go        Walk (walkentry.go, walkwindow.go: what it holds of a listing)
//	delete.go      Delete                      batch.go      many deletes in one request
//	deletefiles.go DeleteFiles, of many folders at a time
//	move.go        Move (copy.go)              recent.go     ETags, to save a look
//	writer.go      uploads                     appendblob.go append blob to protocol
//	body.go        bodies of requests          checksum.go   CRC64 of a block
//	compare.go     are two blobs equal
//	log.go         log lines                   metrics.go    series and spans
//
// internal/config is what the operator said, internal/appendlog the protocol,
// internal/blockbuf gathers blocks and internal/budget holds attempts to their
// limits; none knows the others.
package azure
