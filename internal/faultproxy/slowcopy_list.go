package faultproxy

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

var (
	listedBlob   = regexp.MustCompile(`(?s)<Blob>.*?</Blob>`)
	listedPrefix = regexp.MustCompile(`(?s)<BlobPrefix>.*?<Name>(.*?)</Name>.*?</BlobPrefix>`)
	listedName   = regexp.MustCompile(`<Name>(.*?)</Name>`)
	listedLength = regexp.MustCompile(`<Content-Length>\d*</Content-Length>`)
	listedMD5    = regexp.MustCompile(`<Content-MD5>.*?</Content-MD5>`)
	listedCopy   = regexp.MustCompile(`(?s)<Copy(\w+)>.*?</Copy\w+>`)
)

// maskListing changes the entries of hidden copies in a listing.
func (s *slowCopies) maskListing(c call, resp *http.Response) error {
	if s.none() {
		return nil
	}
	listing, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()

	container, _, _ := strings.Cut(c.path, "/")
	withCopies := strings.Contains(c.URL.Query().Get("include"), "copy")
	listing = listedBlob.ReplaceAllFunc(listing, func(entry []byte) []byte {
		name := listedName.FindSubmatch(entry)
		if name == nil {
			return entry
		}
		hidden, status := s.find(container + "/" + html.UnescapeString(string(name[1])))
		if hidden == nil {
			return entry
		}
		return maskEntry(entry, hidden.id, status, withCopies)
	})

	resp.Body = io.NopCloser(bytes.NewReader(listing))
	resp.ContentLength = int64(len(listing))
	resp.Header.Set("Content-Length", strconv.Itoa(len(listing)))
	return nil
}

// maskEntry makes a listing's entry that of an empty blob. What it says about the copy is
// there only if the client asked for it (REST page "List Blobs", include=copy).
func maskEntry(entry []byte, id, status string, withCopy bool) []byte {
	entry = listedLength.ReplaceAll(entry, []byte("<Content-Length>0</Content-Length>"))
	entry = listedMD5.ReplaceAll(entry, []byte("<Content-MD5/>"))
	entry = listedCopy.ReplaceAll(entry, nil)
	if !withCopy {
		return entry
	}
	about := fmt.Sprintf("<CopyId>%s</CopyId><CopyStatus>%s</CopyStatus></Properties>", id, status)
	return bytes.Replace(entry, []byte("</Properties>"), []byte(about), 1)
}

// none reports whether no copy is hidden.
func (s *slowCopies) none() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byPath) == 0
}
