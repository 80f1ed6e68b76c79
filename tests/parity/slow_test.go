package parity

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// patience is what an answer of the service may well take. (azure-sdk-for-python#28748, #11687;
// azure-sdk-for-java#15215)
const patience = "azure-sdk-for-python#28748, azure-sdk-for-java#15215"

var slowCases = []reported{
	{name: "a link of 1.5 MB/s after a fast one, with a short budget", source: "issue 11", run: slowLink(1_500_000, 24, registrytest.Section{"retry_budget": "10s", "try_timeout": "2s"})},
	{name: "a link of 150 KiB/s after a fast one, with the defaults", source: "issue 11", run: slowLink(150*kibibyte, 8, nil)},
	{name: "a link of 400 kB/s from the start, with a short try", source: "issue 11", run: slowLink(400_000, 6, registrytest.Section{"try_timeout": "3s"})},
	{name: "eight uploads share a link of 1.2 MB/s", source: "issue 11", run: sharedLink},
	{name: "many uploads at once over a slow link: memory stays bounded", source: "issue 11", run: boundedMemory},
	{name: "listings that take 12 s: tags/list", source: patience, run: slowListing},
	{name: "listings that take 12 s: a push", source: patience, run: slowPush(faultproxy.List, 12*time.Second)},
	{name: "a copy whose answer takes 25 s", source: patience, run: slowPush(faultproxy.Copy, 25*time.Second)},
	{name: "a put that takes 12 s", source: patience, run: slowPush(faultproxy.Put, 12*time.Second)},
	{name: "a HEAD that takes 12 s", source: patience, run: slowPush(faultproxy.Head, 12*time.Second)},
	{name: "a read whose first byte takes 12 s", source: patience, run: slowRead},
	{name: "a delete that takes 12 s", source: patience, run: slowDelete(faultproxy.Delete)},
	{name: "a batch that takes 25 s", source: patience, ours: true, run: slowDelete(faultproxy.Batch)},
}

// slowLink pushes over a fast link first, so that blocks may have grown.
func slowLink(bytesPerSecond, megabytes int, config registrytest.Section) func(*lab) {
	return func(l *lab) {
		r := l.serve(config)
		require.NoError(l, l.pushLayer(r, "slow/fast", registrytest.Random(l.Name(), 40*mebibyte), 1))
		l.SetBandwidth(bytesPerSecond, 0)
		content := registrytest.Random(l.Name()+"slow", megabytes*mebibyte)
		require.NoError(l, l.pushLayer(r, "slow/app", content, 1))
		l.SetBandwidth(0, 0)
		require.NoError(l, l.pullLayer(r, "slow/app", content))
	}
}

func sharedLink(l *lab) {
	r := l.serve(nil)
	l.SetBandwidth(1_200_000, 0)
	var uploads sync.WaitGroup
	failed := make([]error, 8)
	for i := range failed {
		uploads.Go(func() {
			failed[i] = l.pushLayer(r, fmt.Sprintf("slow/%d", i), registrytest.Random(fmt.Sprint(l.Name(), i), 5*mebibyte), 1)
		})
	}
	uploads.Wait()
	for i, err := range failed {
		require.NoError(l, err, "upload %d", i)
	}
	l.SetBandwidth(0, 0)
	l.Digests(l.T)
}

// boundedMemory has 24 uploads at a standstill, with blocks of 32 MiB and uploadmemory at 64 MiB.
func boundedMemory(l *lab) {
	r := l.serve(registrytest.Section{"chunksize": 32 * mebibyte, "uploadmemory": 64 * mebibyte})
	require.NoError(l, l.pushLayer(r, "memory/fast", registrytest.Random(l.Name(), 64*mebibyte), 1))
	l.SetBandwidth(6_000_000, 0)
	var uploads sync.WaitGroup
	failed := make([]error, 24)
	for i := range failed {
		uploads.Go(func() {
			failed[i] = l.pushLayer(r, fmt.Sprintf("memory/%d", i), registrytest.Random(fmt.Sprint(l.Name(), i%4), 12*mebibyte), 1)
		})
	}
	uploads.Wait()
	l.SetBandwidth(0, 0)
	for i, err := range failed {
		require.NoError(l, err, "upload %d", i)
	}
	most := 320
	if registrytest.RaceEnabled() {
		most *= 4 // the detector's shadow of the memory; the Go manual, "Data Race Detector", has 5 to 10 times
	}
	require.Less(l, peakMemory(l, r), most, "MiB resident at most")
}

// peakMemory is the most that the registry had resident, in MiB, 0 where the system doesn't tell.
func peakMemory(l *lab, r *registrytest.Registry) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.PID()))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.Fields(rest)[0])
			require.NoError(l, err)
			return kib / kibibyte
		}
	}
	return 0
}

func slowListing(l *lab) {
	r := l.serve(nil)
	require.NoError(l, l.push(r, "slow/list:v1", l.image("list", kibibyte)))
	l.Arm(faultproxy.Fault{Op: faultproxy.List, Kind: faultproxy.Delayed(12 * time.Second), Times: -1})
	got := l.ask(http.MethodGet, r.URL()+"/v2/slow/list/tags/list", nil, nil)
	require.Equal(l, http.StatusOK, got.status, "%s", got.body)
	require.Contains(l, string(got.body), `"v1"`)
}

// slowPush has the first two requests of that kind answered late, however often they are tried.
func slowPush(op faultproxy.Op, delay time.Duration) func(*lab) {
	return func(l *lab) {
		r := l.serve(nil)
		content := registrytest.Random(l.Name(), 100*kibibyte)
		armed := l.Arm(faultproxy.Fault{Op: op, Kind: faultproxy.Delayed(delay), Times: 2})
		require.NoError(l, l.pushLayer(r, "slow/push", content, 2))
		struck := armed.Struck()
		l.Disarm()
		require.NoError(l, l.pullLayer(r, "slow/push", content))
		if op != faultproxy.List && op != faultproxy.Head { // which some drivers do without
			require.Positive(l, struck)
		}
	}
}

func slowRead(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 100*kibibyte)
	require.NoError(l, l.pushLayer(r, "slow/read", content, 1))
	l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.Delayed(12 * time.Second), Times: 2})
	require.NoError(l, l.pullLayer(r, "slow/read", content))
}

func slowDelete(op faultproxy.Op) func(*lab) {
	return func(l *lab) {
		r := l.serve(nil)
		for i := range 3 {
			require.NoError(l, l.push(r, "slow/delete:v1", l.image(fmt.Sprint(i), kibibyte)))
		}
		reference := "v1"
		if op == faultproxy.Delete { // of one blob
			digest, err := l.image("2", kibibyte).Digest()
			require.NoError(l, err)
			reference = digest.String()
		}
		l.Arm(faultproxy.Fault{Op: op, Kind: faultproxy.Delayed(map[bool]time.Duration{true: 25 * time.Second, false: 12 * time.Second}[op == faultproxy.Batch])})
		require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "slow/delete", reference).status)
		require.Equal(l, http.StatusNotFound, l.manifest(r, http.MethodGet, "slow/delete", reference).status)
	}
}
