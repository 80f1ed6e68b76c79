package azure

import (
	"errors"
	"testing"
)

// Something between the registry and the service answers in its place. An
// answer that passed for an empty listing would make a folder look as if it
// weren't there.
func TestListingsThatTheServiceNeverSends(t *testing.T) {
	const leadsBack = `<EnumerationResults><Blobs/><NextMarker>next</NextMarker></EnumerationResults>`
	for name, body := range map[string]string{
		"a page of a proxy":        `<html><body>200 OK</body></html>`,
		"a marker of its own":      leadsBack,
		"a name from elsewhere":    `<EnumerationResults><Blobs><Blob><Name>elsewhere</Name></Blob></Blobs></EnumerationResults>`,
		"a folder from elsewhere":  `<EnumerationResults><Blobs><BlobPrefix><Name>b/</Name></BlobPrefix></Blobs></EnumerationResults>`,
		"a blob in a child folder": `<EnumerationResults><Blobs><Blob><Name>a/b/c</Name></Blob></Blobs></EnumerationResults>`,
		"a blob without a name":    `<EnumerationResults><Blobs><Blob/></Blobs></EnumerationResults>`,
	} {
		t.Run(name, func(t *testing.T) {
			b := &babble{first: []byte(body), second: []byte(leadsBack)}
			var spent *ExhaustedError
			if children, err := b.driver(t).List(t.Context(), "/a"); !errors.As(err, &spent) {
				t.Errorf("children %q, error %v", children, err)
			}
		})
	}
}

func TestEmptyPagesEndNoListing(t *testing.T) {
	b := &babble{
		first:  []byte(`<EnumerationResults ContainerName="registry"><Blobs/><NextMarker>next</NextMarker></EnumerationResults>`),
		second: []byte(`<EnumerationResults><Blobs><Blob><Name>a/b</Name></Blob></Blobs><NextMarker/></EnumerationResults>`),
	}
	children, err := b.driver(t).List(t.Context(), "/a")
	if err != nil || len(children) != 1 || children[0] != "/a/b" {
		t.Errorf("children %q, error %v", children, err)
	}
}
