package product

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// chartContainers returns a function that makes containers as the pods of the
// rendered chart have them, with storage at the URL.
func chartContainers(t *testing.T, url string, values []string) func() (*container, []string) {
	t.Helper()
	rendered := render(t, values...)
	pod := rendered["Deployment"].Spec.Template.Spec.Containers[0]
	return func() (*container, []string) {
		c := newContainer(t, rendered["ConfigMap"].Data["config.yml"])
		c.env = slices.Concat(environment(t, pod, rendered["Secret"]), []string{
			"REGISTRY_STORAGE_AZURE_SERVICEURL=" + url, "REGISTRY_STORAGE_REDIRECT_DISABLE=true",
			"REGISTRY_HTTP_ADDR=127.0.0.1:0", "REGISTRY_HTTP_DEBUG_ADDR=127.0.0.1:0",
		})
		return c, pod.Command
	}
}

// balancer passes connections on, to one replica after the other, as a Service
// does. It knows nothing of what goes through them.
type balancer struct {
	listener net.Listener
	mu       sync.Mutex
	backends []string
	next     int
	passing  sync.WaitGroup
}

func newBalancer(t *testing.T, backends ...string) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	b := &balancer{listener: listener, backends: backends}
	b.passing.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			b.passing.Go(func() { b.pass(client) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		b.passing.Wait()
	})
	return b
}

func (b *balancer) set(backends ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.backends = backends
}

func (b *balancer) pass(client net.Conn) {
	defer client.Close() //nolint:errcheck // the other side may have closed it
	b.mu.Lock()
	b.next++
	backend := b.backends[b.next%len(b.backends)]
	b.mu.Unlock()
	server, err := net.Dial("tcp", backend)
	if err != nil {
		return // the client sees a connection that is closed
	}
	defer server.Close() //nolint:errcheck // the other side may have closed it
	var answered sync.WaitGroup
	answered.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	_, _ = io.Copy(server, client)
	_ = server.(*net.TCPConn).CloseWrite()
	answered.Wait()
}

// slowly yields its bytes over about the duration, a hundred portions of them.
type slowly struct {
	data io.Reader
	size int
	over time.Duration
}

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(s.over / 100)
	return s.data.Read(p[:min(len(p), s.size/100+1)])
}

// push uploads a blob slowly, and returns where it is.
func push(ctx context.Context, address string, blob []byte, over time.Duration) (string, error) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	send := func(method, url string, body io.Reader, expected int) (string, error) {
		request, err := http.NewRequestWithContext(ctx, method, url, body)
		if err != nil {
			return "", err
		}
		response, err := client.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		if response.StatusCode != expected {
			return "", fmt.Errorf("%s %s: %s", method, url, response.Status)
		}
		location, err := response.Location()
		if err != nil {
			return "", err
		}
		return location.String(), nil
	}
	location, err := send(http.MethodPost, "http://"+address+"/v2/product/rollout/blobs/uploads/", nil, http.StatusAccepted)
	if err != nil {
		return "", err
	}
	location, err = send(http.MethodPatch, location, slowly{bytes.NewReader(blob), len(blob), over}, http.StatusAccepted)
	if err != nil {
		return "", err
	}
	return send(http.MethodPut, location+"&digest="+digest.FromBytes(blob).String(), nil, http.StatusCreated)
}

// pull downloads a blob slowly.
func pull(ctx context.Context, url string, size int, over time.Duration) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return io.ReadAll(slowly{response.Body, size, over})
}

// TestRolloutLosesNobodysRequest replaces two replicas, one after the other,
// under a push and a pull that take seconds, and under small requests. The
// balancer hears of the end of a replica a second after the replica itself.
func TestRolloutLosesNobodysRequest(t *testing.T) {
	server := azurite.Shared(t)
	pods := chartContainers(t, server.URL, withSecrets(server.Account, server.Key, server.NewContainer(t)))
	start := func() *replica {
		c, command := pods()
		return c.start(t, command[0], command[1:]...)
	}
	old := []*replica{start(), start()}
	b := newBalancer(t, old[0].address, old[1].address)
	address := b.listener.Addr().String()

	blob := make([]byte, 30<<20)
	_, _ = rand.Read(blob)
	stored, err := push(t.Context(), address, blob, 0)
	require.NoError(t, err)

	const long = 6 * time.Second
	rolled := make(chan struct{})
	var clients sync.WaitGroup
	for range 2 {
		clients.Go(func() {
			other := make([]byte, 8<<20)
			_, _ = rand.Read(other)
			location, err := push(t.Context(), address, other, long)
			if assertNoError(t, err, "push") {
				got, err := pull(t.Context(), location, len(other), 0)
				if assertNoError(t, err, "pull of what was pushed") && !bytes.Equal(other, got) {
					t.Error("the layer that was pushed has other bytes")
				}
			}
		})
		clients.Go(func() {
			got, err := pull(t.Context(), stored, len(blob), long)
			if assertNoError(t, err, "pull") && !bytes.Equal(blob, got) {
				t.Errorf("the pull ended after %d of %d bytes", len(got), len(blob))
			}
		})
	}
	clients.Go(func() {
		for {
			select {
			case <-rolled:
				return
			case <-time.After(50 * time.Millisecond):
				_, err := pull(t.Context(), "http://"+address+"/v2/", 2, 0)
				assertNoError(t, err, "small request")
			}
		}
	})

	time.Sleep(time.Second) // all clients are at it
	fresh := []*replica{start(), start()}
	for i, ending := range old {
		serving := []string{fresh[0].address, fresh[1].address}
		if i == 0 {
			serving = append(serving, old[1].address)
		}
		require.NoError(t, ending.process.Signal(syscall.SIGTERM))
		time.Sleep(time.Second)
		b.set(serving...)
	}
	for _, ending := range old {
		<-ending.ended
	}
	close(rolled)
	clients.Wait()
}

func assertNoError(t *testing.T, err error, doing string) bool {
	if err != nil {
		t.Errorf("%s: %v", doing, err)
	}
	return err == nil
}
