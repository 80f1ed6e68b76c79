package main

import (
	"context"
	"fmt"
	"time"

	"github.com/distribution-azure/distribution/v3/bench/replica"
	"github.com/distribution-azure/distribution/v3/bench/sink"
	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// measured is what one work took with one driver.
type measured struct {
	Seconds    float64 `json:"seconds"`
	Requests   int     `json:"requests"` // to the storage service
	CPUSeconds float64 `json:"cpuSeconds"`
	PeakBytes  int64   `json:"peakBytes"` // resident memory of the process

	left string // Sum of what the sink holds in the end, if the work is once's
}

// services are what stands in for Azure's service.
type services struct {
	azurite *azurite.Server
	sink    *sink.Sink
	names   int // of containers that were made
}

// trial is one work with one driver under way.
type trial struct {
	*services
	work   work
	proxy  *faultproxy.Proxy
	job    replica.Job
	client *client
}

// measure does the work with the driver of this binary.
func (s *services) measure(ctx context.Context, w work, binary string) (measured, error) {
	t := &trial{services: s, work: w}
	target, err := t.storage(ctx)
	if err != nil {
		return measured{}, err
	}
	if t.proxy, err = faultproxy.Start(target); err != nil {
		return measured{}, err
	}
	defer t.proxy.Close() //nolint:errcheck // nothing is left to be lost
	t.job.ServiceURL = t.proxy.URL()
	if w.run == nil {
		return t.once(ctx, binary)
	}
	return t.served(ctx, binary)
}

// storage is an empty container, and the URL of its account.
func (t *trial) storage(ctx context.Context) (string, error) {
	if !t.work.emulate {
		t.sink.Clear()
		t.job = replica.Job{Account: "account", Key: azurite.Key, Container: "registry"}
		return t.sink.URL(), nil
	}
	t.names++
	t.job = replica.Job{Account: t.azurite.Account, Key: t.azurite.Key, Container: fmt.Sprintf("bench-%d", t.names)}
	return t.azurite.URL, t.azurite.CreateContainer(ctx, t.job.Container)
}

// served does work that needs a registry which serves.
func (t *trial) served(ctx context.Context, binary string) (measured, error) {
	t.job.NarrowLink = t.work.link.bandwidth > 0
	process, err := replica.Start(ctx, binary, t.job)
	if err != nil {
		return measured{}, err
	}
	t.client = newClient(ctx, process.URL, 0)
	if err = t.warmUp(); err == nil && t.work.prepare != nil {
		err = t.work.prepare(t)
	}
	t.client = newClient(ctx, process.URL, t.work.link.bandwidth)
	t.shape()
	began := time.Now()
	if err == nil {
		err = t.work.run(t)
	}
	took, requests := time.Since(began), t.proxy.Total()
	t.client.http.CloseIdleConnections()
	report, stopErr := process.Stop()
	if err == nil {
		err = stopErr
	}
	return measured{Seconds: took.Seconds(), Requests: requests, CPUSeconds: report.CPU.Seconds(), PeakBytes: report.PeakMemory}, err
}

// once does work that needs no registry.
func (t *trial) once(ctx context.Context, binary string) (measured, error) {
	if err := t.work.prepare(t); err != nil {
		return measured{}, err
	}
	t.shape()
	job := t.job
	job.Task, job.Path = t.work.job.Task, t.work.job.Path
	report, err := replica.Run(ctx, binary, job)
	return measured{
		Seconds: report.Took.Seconds(), Requests: t.proxy.Total(), CPUSeconds: report.CPU.Seconds(), PeakBytes: report.PeakMemory,
		left: t.sink.Sum(),
	}, err
}

// warmUp lets the registry and the proxy make their first connections.
func (t *trial) warmUp() error {
	if _, err := t.client.get("/v2/"); err != nil {
		return err
	}
	return t.client.push("warm-up", newLayer(2, 1<<10), 1<<10)
}

// shape makes the link to the storage what the work asks for, and counts from here.
func (t *trial) shape() {
	t.proxy.SetLatency(t.work.link.latency)
	t.proxy.SetBandwidth(t.work.link.bandwidth, t.work.link.bandwidth)
	t.proxy.ResetCounts()
}
