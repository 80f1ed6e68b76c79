package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/distribution-azure/distribution/v3/bench/replica"
	"github.com/distribution-azure/distribution/v3/bench/sink"
	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	_ "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// counted is a registry on storage of its own behind a proxy that counts.
func counted(t *testing.T) (*client, *faultproxy.Proxy) {
	t.Helper()
	service := azurite.Shared(t)
	proxy := faultproxy.ForTest(t, service.URL)
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	registry := httptest.NewServer(replica.Handler(ctx, replica.Job{
		ServiceURL: proxy.URL(), Account: service.Account, Key: service.Key, Container: service.NewContainer(t),
	}))
	t.Cleanup(registry.Close)
	return newClient(t.Context(), registry.URL, 0), proxy
}

// costs counts the requests to the storage service that work takes.
func costs(t *testing.T, p *faultproxy.Proxy, atMost int, work func() error) {
	t.Helper()
	p.ResetCounts()
	if err := work(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d requests: %v", p.Total(), p.Requests())
	if n := p.Total(); n > atMost || n == 0 {
		t.Errorf("%d requests, at most %d: %v", n, atMost, p.Requests())
		for _, e := range p.Log()[:min(n, 60)] {
			t.Log(e)
		}
	}
}

func TestRequestsOfAPush(t *testing.T) {
	for _, c := range []struct {
		name        string
		size, chunk int64
		atMost      int
	}{
		{"1 KiB layer", 1 << 10, 1 << 10, 18},
		// 17 and its appends: blocks grow with how busy storage is, so there are
		// 14 of them at most, when none is larger than the first.
		{"64 MiB layer", 64 << 20, 64 << 20, 31},
		{"16 MiB in 16 PATCH requests", 16 << 20, 1 << 20, 96},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, proxy := counted(t)
			l := newLayer(1, c.size)
			costs(t, proxy, c.atMost, func() error { return client.push("app", l, c.chunk) })
		})
	}
}

func TestRequestsOfAPull(t *testing.T) {
	client, proxy := counted(t)
	l := newLayer(1, 1<<20)
	if err := client.push("app", l, l.size); err != nil {
		t.Fatal(err)
	}
	// Two of them, for the notification, come when the client has its bytes already.
	costs(t, proxy, 8, func() error {
		n, err := client.get("/v2/app/blobs/" + l.digest)
		if err == nil && n != l.size {
			err = fmt.Errorf("%d bytes instead of %d", n, l.size)
		}
		return err
	})
}

func TestRequestsOfALayerThatIsThere(t *testing.T) {
	client, proxy := counted(t)
	l := newLayer(1, 1<<10)
	if err := client.push("app", l, l.size); err != nil {
		t.Fatal(err)
	}
	// Two of them, for the notification, come after the answer.
	costs(t, proxy, 8, func() error {
		_, err := client.do(http.MethodHead, client.registry+"/v2/app/blobs/"+l.digest, nil, 0, "", http.StatusOK)
		return err
	})
}

func TestRequestsOfManyImages(t *testing.T) {
	client, proxy := counted(t)
	costs(t, proxy, 2550, func() error { return client.pushImages(imageRepositories, imageTags) })
	t.Run("manifest by tag", func(t *testing.T) {
		costs(t, proxy, 4, func() error {
			_, err := client.get("/v2/repository-00/manifests/v0")
			return err
		})
	})
	t.Run("catalog", func(t *testing.T) {
		costs(t, proxy, 10, func() error {
			_, err := client.get("/v2/_catalog")
			return err
		})
	})
}

func TestRequestsOfACatalogPage(t *testing.T) {
	client, proxy := counted(t)
	for _, repository := range []string{"team/a", "team/b", "web"} {
		image, err := smallImage(repository)
		if err == nil {
			err = client.pushImage(repository, "latest", image)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	costs(t, proxy, 10, func() error {
		n, err := client.get("/v2/_catalog?n=1&last=team/a")
		if want := int64(len(`{"repositories":["team/b"]}`) + 1); err == nil && n != want {
			err = fmt.Errorf("an answer of %d bytes instead of %d", n, want)
		}
		return err
	})
}

// TestRequestsOfACollection is on the sink, which tells what is left.
func TestRequestsOfACollection(t *testing.T) {
	for _, untagged := range []bool{false, true} {
		t.Run(fmt.Sprintf("untagged %t", untagged), func(t *testing.T) {
			s := sink.Start()
			t.Cleanup(s.Close)
			proxy := faultproxy.ForTest(t, s.URL())
			seeded := &trial{services: &services{sink: s}}
			const images = 300
			for i := range images {
				if !hasManifest(i) || untagged && !hasTag(i) {
					continue
				}
				if err := seeded.seedImage(appOf(i), i, true, hasTag(i)); err != nil {
					t.Fatal(err)
				}
			}
			want := s.Sum()
			if err := seeded.seedGarbage(images); err != nil {
				t.Fatal(err)
			}
			costs(t, proxy, 2*images, func() error {
				return replica.Do(t.Context(), replica.Job{
					Task: replica.Collect, Untagged: untagged,
					ServiceURL: proxy.URL(), Account: "account", Key: azurite.Key, Container: "registry",
				})
			})
			if s.Sum() != want {
				t.Error("what is left isn't what the images to be kept need")
			}
		})
	}
}
