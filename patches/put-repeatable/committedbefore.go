package handlers

import (
	"io"
	"net/http"

	"github.com/opencontainers/go-digest"
)

// committedBefore answers a PUT that is sent again after its upload was committed:
// the repository has a blob of the digest, and of the size of what was uploaded.
func (buh *blobUploadHandler) committedBefore(w http.ResponseWriter, r *http.Request) bool {
	dgst, err := digest.Parse(r.FormValue("digest"))
	if err != nil {
		return false
	}
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		return false
	}
	blobs := buh.Repository.Blobs(buh)
	desc, err := blobs.Stat(buh, dgst)
	if err != nil || desc.Size != buh.State.Offset+n {
		return false
	}

	// The descriptor may come from a cache, which knows nothing of a garbage collection.
	content, err := blobs.Open(buh, dgst)
	if err != nil {
		return false
	}
	defer content.Close()
	if _, err := io.ReadFull(content, make([]byte, min(desc.Size, 1))); err != nil {
		return false
	}
	return buh.writeBlobCreatedHeaders(w, desc) == nil
}
