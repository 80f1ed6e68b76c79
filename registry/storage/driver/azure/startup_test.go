package azure

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// keepingAccount is an empty account that answers what it keeps of what is deleted.
type keepingAccount struct {
	status     int
	properties string
}

func (a keepingAccount) Do(req *http.Request) (*http.Response, error) {
	resp := &http.Response{StatusCode: http.StatusOK, Request: req, Header: http.Header{
		"X-Ms-Request-Id": {"1"}, "Content-Type": {"application/xml"},
	}}
	body := `<EnumerationResults ContainerName="registry"><Blobs/><NextMarker/></EnumerationResults>`
	if req.URL.Query().Get("comp") == "properties" {
		resp.StatusCode, body = a.status, a.properties
		if a.status != http.StatusOK {
			resp.Header.Set("X-Ms-Error-Code", "AuthorizationPermissionMismatch")
		}
	}
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

// Soft delete is told at start, if the service lets us see it. A refusal isn't worth
// a line.
func TestSoftDeleteIsToldAtStart(t *testing.T) {
	policy := func(enabled string) string {
		return `<StorageServiceProperties><DeleteRetentionPolicy><Enabled>` + enabled + `</Enabled><Days>14</Days></DeleteRetentionPolicy></StorageServiceProperties>`
	}
	for name, c := range map[string]struct {
		account keepingAccount
		told    bool
	}{
		"on":      {keepingAccount{http.StatusOK, policy("true")}, true},
		"off":     {keepingAccount{http.StatusOK, policy("false")}, false},
		"refused": {keepingAccount{http.StatusForbidden, ""}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			logrus.SetOutput(&log)
			defer logrus.SetOutput(os.Stderr)
			s, _, err := config.Interpret(&DriverParameters{AccountName: "account", AccountKey: "a2V5", Container: "registry"})
			if err != nil {
				t.Fatal(err)
			}
			d, err := newDriver(s, c.account)
			if err != nil {
				t.Fatal(err)
			}
			d.lookAround(t.Context())
			if told := strings.Contains(log.String(), "keeps what is deleted") && strings.Contains(log.String(), "days=14"); told != c.told || !told && log.Len() > 0 {
				t.Errorf("the log is %q", &log)
			}
		})
	}
}
