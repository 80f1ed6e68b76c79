package neighbours

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const mebibyte = 1 << 20

func TestMain(m *testing.M) { registrytest.Main(m) }

// laboratory is a registry on a storage that a test spoils.
type laboratory struct {
	*registrytest.Storage
	registry *registrytest.Registry
}

func newLaboratory(t *testing.T, changes registrytest.Section) *laboratory {
	t.Helper()
	storage := registrytest.NewStorage(t)
	return &laboratory{storage, registrytest.Start(t, registrytest.Options{Azure: storage.Azure(changes)})}
}

// push pushes an image with one layer of some blocks.
func (l *laboratory) push(t *testing.T, title string) error {
	t.Helper()
	image, err := registrytest.Image(title, registrytest.Layer(layerOf(title)))
	require.NoError(t, err)
	return registrytest.Push(t.Context(), l.registry.Address+"/neighbours:latest", image)
}

func layerOf(title string) []byte { return registrytest.Random(title, 9*mebibyte) }

// requireWorks pushes and pulls: whatever was wrong is over.
func (l *laboratory) requireWorks(t *testing.T) {
	t.Helper()
	title := "when all is well"
	require.NoError(t, l.push(t, title))
	l.requireBlob(t, "neighbours", layerOf(title))
}

// requireBlob pulls a blob and compares.
func (l *laboratory) requireBlob(t *testing.T, repository string, content []byte) {
	t.Helper()
	status, got, err := registrytest.Get(t.Context(), l.registry.URL()+"/v2/"+repository+"/blobs/"+digestOf(content))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, content, got, "other bytes than were pushed")
}

// requireRefused demands that the client was told of a failure, and that one line of the log has
// all of the words. The status may be 400: upstream's handler of PATCH drops the error
// of the upload's Close and answers 202, so that it is the PUT which finds that the content doesn't match
// its digest.
func (l *laboratory) requireRefused(t *testing.T, err error, words ...string) {
	t.Helper()
	require.Error(t, err)
	var answer *transport.Error
	require.ErrorAs(t, err, &answer, "the client got no answer")
	if answer.StatusCode < http.StatusInternalServerError {
		require.Equal(t, http.StatusBadRequest, answer.StatusCode, err)
		require.ErrorContains(t, err, "DIGEST_INVALID")
	}
	l.requireLogged(t, words...)
}

// requireLogged demands a line of the log with all of the words, and that none has a secret. The
// registry logs a request after the client has its answer.
func (l *laboratory) requireLogged(t *testing.T, words ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(l.registry.Log.Lines(words...)) > 0 }, registrytest.Patience, registrytest.Tick,
		"no line of the log has %q", words)
	for _, secret := range []string{l.Server.Key, "sig=", "SharedKey " + l.Server.Account} {
		require.NotContains(t, l.registry.Log.String(), secret)
	}
}

// uploadBlob waits for the one blob of an upload under way and returns its name.
func (l *laboratory) uploadBlob(t *testing.T) string {
	t.Helper()
	found := l.UploadBlobs(t)
	require.Len(t, found, 1, "blobs of uploads")
	return found[0]
}

// quoted is a blob's name as an error has it, in a line of the log.
func quoted(operation, blob string) string { return fmt.Sprintf(`%s \"%s\"`, operation, blob) }
