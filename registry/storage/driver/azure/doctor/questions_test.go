package doctor

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

const modelHost = "account.blob.core.windows.net"

// transporter sends to the model.
type transporter struct{ http.RoundTripper }

func (t transporter) Do(req *http.Request) (*http.Response, error) { return t.RoundTrip(req) }

// The column of the model says what the model answers. That of Azurite is compared in
// tests/doctor.
func TestModelAnswersAsTheTableSays(t *testing.T) {
	model := blobsim.NewService(modelHost + "/registry")
	x := &examination{settings: config.Settings{
		Credentials: config.SASToken, SAS: "sig=none", ServiceURL: "https://" + modelHost, Container: "registry",
		TryTimeout: 10 * time.Second, RetryBudget: time.Minute, CopyTimeout: time.Minute, MaxRetryDelay: time.Second, ChunkSize: 1 << 20,
	}}
	var err error
	x.storage = &wire{inner: transporter{blobsim.NewDirect(model)}}
	x.client, err = service.New(x.settings, x.storage)
	require.NoError(t, err)
	require.Equal(t, OK, x.mayAppend(t.Context()).Result)
	require.Equal(t, OK, x.mayWrite(t.Context()).Result)
	row := x.askService(t.Context())
	require.Equal(t, OK, row.Result)
	for _, a := range x.answers {
		require.Equal(t, a.Model, a.Here, a.Question)
	}
	require.Len(t, x.answers, len(questions))
}
