package faultproxy

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// maskListing tells directories and files apart in a listing. In one by folders a directory is a prefix,
// whether or not anything is in it.
func (h *hierarchy) maskListing(c call, resp *http.Response) error {
	listing, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()

	container, _, _ := strings.Cut(c.path, "/")
	byFolder := c.URL.Query().Get("delimiter") == "/"
	listing = listedBlob.ReplaceAllFunc(listing, func(entry []byte) []byte {
		name := listedName.FindSubmatch(entry)
		if name == nil {
			return entry
		}
		kind := h.resourceType(container + "/" + html.UnescapeString(string(name[1])))
		if kind == "directory" && byFolder {
			return fmt.Appendf(nil, "<BlobPrefix><Name>%s/</Name></BlobPrefix>", name[1])
		}
		return bytes.Replace(entry, []byte("</Properties>"), []byte("<ResourceType>"+kind+"</ResourceType></Properties>"), 1)
	})
	if byFolder {
		listing = oncePerPrefix(listing)
	}

	resp.Body = io.NopCloser(bytes.NewReader(listing))
	resp.ContentLength = int64(len(listing))
	resp.Header.Set("Content-Length", strconv.Itoa(len(listing)))
	return nil
}

// oncePerPrefix leaves out what is listed as a directory and as the prefix of what is in it.
func oncePerPrefix(listing []byte) []byte {
	seen := map[string]bool{}
	return listedPrefix.ReplaceAllFunc(listing, func(entry []byte) []byte {
		name := string(listedPrefix.FindSubmatch(entry)[1])
		if seen[name] {
			return nil
		}
		seen[name] = true
		return entry
	})
}
