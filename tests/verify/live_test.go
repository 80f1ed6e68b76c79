package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// serve runs the registry for the rest of the test, and returns its address.
func serve(t *testing.T, storage string) (addr, config string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr = listener.Addr().String()
	require.NoError(t, listener.Close())
	config = configuration(t, storage, addr)
	cmd := exec.Command(binary(t), "serve", config)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the registry said:\n%s", output.String())
		}
	})
	require.Eventually(t, func() bool {
		resp, err := http.Get("http://" + addr + "/v2/")
		if err != nil {
			return false
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, time.Minute, 50*time.Millisecond)
	return addr, config
}

// traffic pushes images and pulls each of them back, until ctx ends.
func traffic(ctx context.Context, addr string, worker int) (int, error) {
	n := 0
	for ; ctx.Err() == nil; n++ {
		tag, err := name.NewTag(fmt.Sprintf("%s/live/app-%d:v%d", addr, worker, n%5), name.Insecure)
		if err != nil {
			return n, err
		}
		image, err := random.Image(40_000, 3)
		if err != nil {
			return n, err
		}
		// The work begun is ended: only what the registry does may fail it.
		if err := remote.Write(tag, image); err != nil {
			return n, fmt.Errorf("pushing %s: %w", tag, err)
		}
		if err := pull(tag); err != nil {
			return n, fmt.Errorf("pulling %s: %w", tag, err)
		}
	}
	return n, nil
}

// pull reads an image to the last byte; the client checks each digest.
func pull(tag name.Tag) error {
	image, err := remote.Image(tag)
	if err != nil {
		return err
	}
	if _, err := image.RawConfigFile(); err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for _, layer := range layers {
		content, err := layer.Compressed()
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, content)
		if err := errors.Join(err, content.Close()); err != nil {
			return err
		}
	}
	return nil
}

func TestPushesAndPullsGoOnDuringVerifyAndRepair(t *testing.T) {
	everywhere(t, func(t *testing.T, r *verifytest.Registry, storage string) {
		damage := r.PushDamaged(24, 2)
		addr, config := serve(t, storage)
		ctx, stop := context.WithCancel(t.Context())
		var workers sync.WaitGroup
		var pushed atomic.Int64
		failures := make(chan error, 2)
		for worker := range 2 {
			workers.Go(func() {
				n, err := traffic(ctx, addr, worker)
				pushed.Add(int64(n))
				if err != nil {
					failures <- err
				}
			})
		}
		require.Equal(t, damage.Found, kinds(findings(t, config, 1)), "quick")
		require.Equal(t, damage.Found, kinds(findings(t, config, 1, "--full")), "full")
		results(t, config, 1, "--apply")
		left := kinds(findings(t, config, 1))
		stop()
		workers.Wait()
		close(failures)
		for err := range failures {
			t.Error(err)
		}
		require.Positive(t, pushed.Load())
		require.Len(t, r.Wrong(), len(damage.Lost))
		for p, kind := range left {
			require.True(t, damage.Lost[p] || kind == verify.UploadAbandoned, p)
		}
	})
}
