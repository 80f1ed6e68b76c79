package parity

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const (
	kibibyte = 1 << 10
	mebibyte = 1 << 20
)

// caseTime is what a case may take on a busy machine; none has to wait for longer.
const caseTime = 8 * time.Minute

// lab is what a case works with: a storage of its own and registries on it.
type lab struct {
	*testing.T
	*registrytest.Storage

	ctx   context.Context // of all that the case does; a test's own helper can't be given one each time
	began time.Time
}

func (l *lab) begin() {
	l.began = time.Now()
	ctx, cancel := context.WithTimeout(l.Context(), caseTime)
	l.Cleanup(cancel)
	l.ctx = ctx
}

func (l *lab) seconds() float64 { return time.Since(l.began).Seconds() }

// store makes the case's storage, an account of a certain kind perhaps.
func (l *lab) store(options ...faultproxy.Option) {
	l.Storage = registrytest.NewStorage(l.T, options...)
}

// azure is a storage section that upstream's driver understands as well.
func (l *lab) azure(changes registrytest.Section) registrytest.Section {
	return l.Azure(registrytest.Section{"credentials": registrytest.Section{"type": "shared_key"}}).With(changes)
}

// hasty is for registries that meet what doesn't end. What is there before is stored by another one, which has the time.
var hasty = registrytest.Section{"retry_delay": "20ms", "retry_budget": "2s"}

// serve starts a registry on the case's storage.
func (l *lab) serve(changes registrytest.Section) *registrytest.Registry {
	if l.Storage == nil {
		l.store()
	}
	return registrytest.Start(l.T, registrytest.Options{Azure: l.azure(changes)})
}

// image has layers of these sizes; titles tell images apart.
func (l *lab) image(title string, sizes ...int) v1.Image {
	var layers []v1.Layer
	for i, size := range sizes {
		layers = append(layers, registrytest.Layer(registrytest.Random(fmt.Sprint(l.Name(), title, i), size)))
	}
	image, err := registrytest.Image(title, layers...)
	require.NoError(l, err)
	return image
}

// push fails only if the registry didn't take the image.
func (l *lab) push(r *registrytest.Registry, reference string, image v1.Image) error {
	return registrytest.Push(l.ctx, r.Address+"/"+reference, image)
}

// pull fails unless every byte of the image is what was pushed.
func (l *lab) pull(r *registrytest.Registry, reference string, want v1.Image) error {
	tag, err := name.NewTag(r.Address+"/"+reference, name.Insecure)
	if err != nil {
		return err
	}
	image, err := remote.Image(tag, registrytest.Once(l.ctx)...)
	if err != nil {
		return err
	}
	wanted, err := want.Digest()
	if err != nil {
		return err
	}
	if got, err := image.Digest(); err != nil || got != wanted {
		return fmt.Errorf("pulled %v instead of %v (%w)", got, wanted, err)
	}
	if _, err := image.RawConfigFile(); err != nil { // checks the digest, as reading a layer to its end does
		return fmt.Errorf("config: %w", err)
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for i, layer := range layers {
		if err := readLayer(layer); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	return nil
}

func readLayer(layer v1.Layer) error {
	content, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = io.Copy(io.Discard, content)
	return err
}

// collect runs the garbage collection and returns what it printed.
func (l *lab) collect(r *registrytest.Registry, flags ...string) (string, error) {
	cmd := registrytest.Command(l.T, nil, append(append([]string{"garbage-collect"}, flags...), r.Config)...)
	output, err := runWithin(l.ctx, cmd)
	return string(output), err
}

// runWithin runs a command that is killed when the context ends.
func runWithin(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	err := cmd.Wait()
	return output.Bytes(), err
}

// answer is a registry's.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// ask sends one request and follows no redirect.
func (l *lab) ask(method, url string, header http.Header, body io.Reader) answer {
	got, err := l.tryAsk(l.ctx, method, url, header, body)
	require.NoError(l, err)
	return got
}

func (l *lab) tryAsk(ctx context.Context, method, url string, header http.Header, body io.Reader) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return answer{}, err
	}
	if header != nil {
		request.Header = header
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, content}, err
}

// manifest asks for an image's manifest by its tag or digest.
func (l *lab) manifest(r *registrytest.Registry, method, repository, reference string) answer {
	return l.ask(method, r.URL()+"/v2/"+repository+"/manifests/"+reference,
		http.Header{"Accept": {"application/vnd.oci.image.manifest.v1+json"}}, nil)
}

// layerPath is where a layer's bytes are stored.
func layerPath(content []byte) string {
	hex := digest.FromBytes(content).Encoded()
	return "docker/registry/v2/blobs/sha256/" + hex[:2] + "/" + hex + "/data"
}

// runFor runs a command that should end by itself, for at most ten seconds.
func runFor(l *lab, cmd *exec.Cmd) ([]byte, error) {
	ctx, cancel := context.WithTimeout(l.ctx, 10*time.Second)
	defer cancel()
	output, err := runWithin(ctx, cmd)
	if ctx.Err() != nil {
		return output, nil // it was still running
	}
	return output, err
}
