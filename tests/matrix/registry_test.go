package matrix

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	_ "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// failures are the lines of the log that tell of one, of all registries of the process.
var failures = &lines{}

func TestMain(m *testing.M) {
	logrus.SetOutput(io.Discard)
	logrus.AddHook(failures)
	registrytest.Main(m)
}

// lines is a logrus.Hook. Safe for concurrent use.
type lines struct {
	mu    sync.Mutex
	texts []string
}

func (*lines) Levels() []logrus.Level { return []logrus.Level{logrus.ErrorLevel} }

func (l *lines) Fire(entry *logrus.Entry) error {
	text, err := entry.String()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.texts = append(l.texts, text)
	return err
}

// count is how many there are so far.
func (l *lines) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.texts)
}

// have reports whether one of those after the first so many has the cause and any of the names in it.
func (l *lines) have(first int, cause string, names ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.texts[first:], func(text string) bool {
		return strings.Contains(text, cause) &&
			slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name) })
	})
}

// registry is one in this process, on a storage of its own.
type registry struct {
	*registrytest.Storage
	url string
}

// patient is for what ends, hasty for what doesn't.
var (
	patient = registrytest.Section{"retry_delay": "1ms", "max_retry_delay": "10ms"}
	hasty   = patient.With(registrytest.Section{"max_retries": 1})
)

func newRegistry(t *testing.T, server *azurite.Server, settings registrytest.Section) *registry {
	t.Helper()
	s := registrytest.StorageOn(t, server)
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	app := handlers.NewApp(ctx, &configuration.Configuration{
		Version: configuration.CurrentVersion,
		Log:     configuration.Log{AccessLog: configuration.AccessLog{Disabled: true}},
		Storage: configuration.Storage{
			"azure":       configuration.Parameters(s.Azure(settings)),
			"redirect":    {"disable": true},
			"maintenance": {"uploadpurging": map[any]any{"enabled": false}},
		},
	})
	served := httptest.NewServer(app)
	t.Cleanup(func() {
		served.Close()
		cancel()
	})
	return &registry{s, served.URL}
}

// statusError is an answer that wasn't the one wanted.
type statusError struct {
	status int
	text   string
}

func (e *statusError) Error() string { return fmt.Sprintf("%d %s", e.status, e.text) }

// parts are the PATCH requests of a push: of fewer there is too little to delete by a batch.
const parts = 3

// push uploads a layer.
func (r *registry) push(ctx context.Context, repository string, content []byte) error {
	location, _, err := r.ask(ctx, http.MethodPost, r.url+"/v2/"+repository+"/blobs/uploads/", nil, "", http.StatusAccepted)
	size := (len(content) + parts - 1) / parts
	for offset := 0; err == nil && offset < len(content); offset += size {
		part := content[offset:min(offset+size, len(content))]
		span := fmt.Sprintf("%d-%d", offset, offset+len(part)-1)
		location, _, err = r.ask(ctx, http.MethodPatch, location, part, span, http.StatusAccepted)
	}
	if err != nil {
		return err
	}
	_, _, err = r.ask(ctx, http.MethodPut, location+"&digest="+url.QueryEscape(digest.FromBytes(content).String()), nil, "", http.StatusCreated)
	return err
}

// errWrongBytes is what must never be.
var errWrongBytes = errors.New("other bytes than those that were pushed")

// pull downloads a layer.
func (r *registry) pull(ctx context.Context, repository string, want []byte) error {
	_, got, err := r.ask(ctx, http.MethodGet, r.url+"/v2/"+repository+"/blobs/"+digest.FromBytes(want).String(), nil, "", http.StatusOK)
	if err == nil && !bytes.Equal(got, want) {
		return fmt.Errorf("%w: %d of %d", errWrongBytes, len(got), len(want))
	}
	return err
}

func (r *registry) ask(ctx context.Context, method, target string, body []byte, span string, want int) (location string, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return "", nil, err
	}
	if span != "" {
		request.Header.Set("Content-Range", span)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", nil, err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err == nil && response.StatusCode != want {
		err = &statusError{response.StatusCode, string(text)}
	}
	return response.Header.Get("Location"), text, err
}

// requirePushed fails unless the layer is taken, and given back.
func (r *registry) requirePushed(t *testing.T, repository string, content []byte) {
	t.Helper()
	require.NoError(t, r.push(t.Context(), repository, content))
	require.NoError(t, r.pull(t.Context(), repository, content))
}

// survivesOne fails the test unless a push and a pull end well although the fault strikes once.
func (r *registry) survivesOne(t *testing.T, fault faultproxy.Fault, repository string) {
	t.Helper()
	content := registrytest.Random(fmt.Sprint(fault.Op, fault.Kind), layerSize)
	armed := r.Arm(fault)
	err := r.push(t.Context(), repository, content)
	if err == nil {
		err = r.pull(t.Context(), repository, content)
	}
	if err != nil {
		t.Errorf("%v: %v", armed, err)
	}
	r.MustHaveStruck(t)
	r.Disarm()
}

// withoutEnd pushes content, and pulls what is there, while the fault strikes again and again. It returns what
// came of both, and how the fault is called.
func (r *registry) withoutEnd(t *testing.T, fault faultproxy.Fault, repository string, content []byte, at string, there []byte) (armed string, pushed, pulled error) {
	t.Helper()
	fault.Times = -1
	armed = fmt.Sprint(r.Arm(fault))
	pushed = r.push(t.Context(), repository, content)
	pulled = r.pull(t.Context(), at, there)
	r.MustHaveStruck(t)
	r.Disarm()
	return armed, pushed, pulled
}
