package azurite

import (
	"errors"
	"io"
)

// Options say how a server is to be started. The zero value gives plain HTTP on a free
// port, with the data in a temporary folder that goes away with the server.
type Options struct {
	// HTTPS serves TLS with a certificate for 127.0.0.1 and localhost, signed by a CA
	// made for this server alone: see [Server.CertPool] and [Server.CACertFile].
	HTTPS bool

	// OAuth accepts bearer tokens as well as shared keys. Azurite looks at a token's
	// issuer, audience and dates but not at its signature: [TokenCredential] makes such
	// tokens. Needs HTTPS.
	OAuth bool

	// Dir keeps the data in this folder, made if missing, and leaves it there at the end:
	// a later server with the same Dir has the same blobs. No two servers may use one
	// folder at the same time.
	Dir string

	// InMemory keeps the data in the memory of the Azurite process and writes nothing to
	// disk. Excludes Dir. It suits many small blobs: for gigabytes a folder is
	// faster, and Azurite needs as much memory as there is data (a 5 GiB append blob: 5.4 GB,
	// against 0.2 GB with a folder).
	InMemory bool

	// MemoryLimit is the most blob data, in bytes, that an InMemory server takes before it
	// refuses writes. 0 means half of the machine's memory.
	MemoryLimit int64

	// Port to listen on; 0 picks a free one. A port that is taken is an error.
	Port int

	// Log receives what Azurite prints, if not nil. It is written to by one goroutine
	// at a time, until Stop returns.
	Log io.Writer
}

func (o Options) check() error {
	switch {
	case o.OAuth && !o.HTTPS:
		return errors.New("options: OAuth needs HTTPS")
	case o.InMemory && o.Dir != "":
		return errors.New("options: InMemory excludes Dir")
	case o.MemoryLimit != 0 && !o.InMemory:
		return errors.New("options: MemoryLimit needs InMemory")
	}
	return nil
}

// needsScratch tells whether the server needs a temporary folder. A shared server, which
// nobody stops, must not leave one behind.
func (o Options) needsScratch() bool {
	return o.HTTPS || o.Dir == "" && !o.InMemory
}
