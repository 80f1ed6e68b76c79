package service

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// answering is the service that gives the same answer to everything.
type answering struct{ header http.Header }

func (a answering) Do(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: a.header.Clone(), Body: http.NoBody, Request: req}, nil
}

func TestVersionsAreToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		told    int
	}{
		"an account with versioning": {"2026-01-02T03:04:05.0000000Z", 1},
		"an account without":         {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			lines := test.NewLocal(logrus.StandardLogger())
			t.Cleanup(func() { logrus.StandardLogger().ReplaceHooks(logrus.LevelHooks{}) })
			header := http.Header{"X-Ms-Request-Id": {"1"}, "Etag": {`"0x1"`}, "X-Ms-Blob-Type": {"BlockBlob"}, "Content-Length": {"0"}}
			if c.version != "" {
				header.Set("x-ms-version-id", c.version)
			}
			s, _, err := config.Interpret(&config.Parameters{AccountName: "account", AccountKey: "a2V5", Container: "registry"})
			if err != nil {
				t.Fatal(err)
			}
			client, err := New(s, answering{header})
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if _, err := client.Properties(t.Context(), "blob"); err != nil {
					t.Fatal(err)
				}
			}
			told := 0
			for _, line := range lines.AllEntries() {
				if strings.Contains(line.Message, "keeps versions") {
					told++
				}
			}
			if told != c.told {
				t.Errorf("told %d times", told)
			}
		})
	}
}
