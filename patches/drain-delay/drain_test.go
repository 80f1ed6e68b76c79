package registry

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
)

// TestDrainDelay asks for something on a new connection after the stop signal:
// load balancers haven't heard of it yet.
func TestDrainDelay(t *testing.T) {
	config := &configuration.Configuration{}
	config.HTTP.Addr = freeTCPAddr(t)
	config.HTTP.DrainTimeout = 10 * time.Second
	config.HTTP.DrainDelay = time.Minute
	config.Storage = configuration.Storage{"inmemory": configuration.Parameters{}}
	registry, err := NewRegistry(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- registry.ListenAndServe() }()

	get := func() (*http.Response, error) {
		client := &http.Client{Transport: &http.Transport{}} // a connection of its own
		defer client.CloseIdleConnections()
		return client.Get("http://" + config.HTTP.Addr + "/v2/")
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		response, err := get()
		if err == nil {
			response.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	registry.quit <- os.Interrupt
	for closing := false; !closing; {
		response, err := get()
		if err != nil {
			t.Fatalf("no connection after the stop signal: %v", err)
		}
		response.Body.Close()
		closing = response.Close
	}

	registry.quit <- os.Interrupt // the second one ends the delay
	select {
	case err := <-ended:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("still serving after a second stop signal")
	}
	if response, err := get(); err == nil {
		response.Body.Close()
		t.Fatal("connected after serving ended")
	}
}
