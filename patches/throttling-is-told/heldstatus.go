package storage

import (
	"io"
	"net/http"
)

// blobContent remembers why it could not be read, which http.ServeContent
// keeps to itself.
type blobContent struct {
	*fileReader
	err error
}

func (bc *blobContent) Read(p []byte) (int, error) {
	n, err := bc.fileReader.Read(p)
	bc.err = err
	return n, err
}

// heldStatus holds the status of a response back until there is a first byte
// to send: until then a storage that fails can still be told to the client.
type heldStatus struct {
	http.ResponseWriter
	status int // 0 if none is held back
}

func (hs *heldStatus) WriteHeader(status int) { hs.status = status }

func (hs *heldStatus) Write(p []byte) (int, error) {
	hs.release()
	return hs.ResponseWriter.Write(p)
}

func (hs *heldStatus) release() {
	if hs.status != 0 {
		hs.ResponseWriter.WriteHeader(hs.status)
		hs.status = 0
	}
}

// end ends a response whose content was read with err. It returns err if the
// response has not begun, without the headers that speak of the content.
func (hs *heldStatus) end(err error) error {
	if hs.status == 0 || err == nil || err == io.EOF {
		hs.release()
		return nil
	}
	for _, name := range []string{"Accept-Ranges", "Cache-Control", "Content-Length", "Content-Range", "Docker-Content-Digest", "ETag"} {
		hs.Header().Del(name)
	}
	return err
}
