package azure

import (
	"net/http"
	"strings"
	"testing"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// An append blob takes 50,000 blocks (REST: "Append Block"). The push that needs one
// more fails at once, says what helps, and leaves what was stored.
func TestUploadWithMoreBlocksThanABlobTakes(t *testing.T) {
	quiet(t)
	sim := blobsim.NewService(simContainer)
	sim.MaxBlocks = 2
	direct := blobsim.NewDirect(sim)
	appends := 0
	d := newReplica(t, transport(func(req *http.Request) (*http.Response, error) {
		if req.URL.Query().Get("comp") == "appendblock" {
			appends++
		}
		return direct.RoundTrip(req)
	}))
	ctx := t.Context()

	w, err := d.Writer(ctx, "/upload", false)
	if err != nil {
		t.Fatal(err)
	}
	stream := strings.Repeat("0123456789abcdef", 8)
	_, err = w.Write([]byte(stream))
	if err == nil {
		err = w.Commit(ctx)
	}
	if err == nil || !strings.Contains(err.Error(), "50,000 blocks") || !strings.Contains(err.Error(), `"upload"`) {
		t.Errorf("error %v", err)
	}
	if appends != 3 {
		t.Errorf("%d blocks were sent, one more than the 2 that fit are enough", appends)
	}
	stored, err := d.GetContent(ctx, "/upload")
	if err != nil || len(stored) == 0 || !strings.HasPrefix(stream, string(stored)) || w.Size() != int64(len(stored)) {
		t.Errorf("stored %q, Size %d, error %v", stored, w.Size(), err)
	}
}
