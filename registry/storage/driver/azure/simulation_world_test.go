package azure

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/history"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

const (
	simHost      = "account.blob.core.windows.net"
	simContainer = simHost + "/registry"
	// simQuiet is longer than anything can stay under way or pending.
	simQuiet = time.Hour
)

// simOptions is what a run does differently from others of its seed.
type simOptions struct {
	// mutant, if set, changes requests and answers on their way.
	mutant func(http.RoundTripper) http.RoundTripper
	// trace, if set, is told of every request.
	trace func(blobsim.Event)
	// features, if not nil, are the world's instead of drawn ones.
	features []string
}

// simRun is what a run came to.
type simRun struct {
	history    history.History
	violations []history.Violation
	struck     map[blobsim.Struck]int
	meddled    int // by others
	features   []string
	tried      int // operations
	failed     int // operations that returned an error other than "not found"
}

// world is one run: some replicas of the registry, one service, some actors.
type world struct {
	seed     uint64
	random   *rand.Rand // of the world's making; each actor has its own
	network  *blobsim.Network
	features []string // what this world has that an ordinary account in ordinary weather doesn't
	replicas []*driver
	recorder *history.Recorder
	causes   *causes
}

// simulate runs one seed in virtual time. Equal seeds give equal runs.
func simulate(t *testing.T, seed uint64, options simOptions) simRun {
	t.Helper()
	var run simRun
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed, options)
		w.act()
		w.settle()
		run.history = w.recorder.History()
		run.history.Directories = slices.Contains(w.features, "hierarchical")
		run.struck, run.meddled, run.features = w.network.Struck(), w.network.Meddled(), w.features
		run.violations = w.causes.check(run.history)
	})
	run.violations = append(run.violations, history.Check(run.history)...)
	for _, o := range run.history.Operations {
		run.tried++
		if o.Outcome == history.Failed {
			run.failed++
			if o.Client == auditor {
				run.violations = append(run.violations, history.Violation{
					Rule: "an operation failed in calm weather", Path: o.Path, At: o.Return, Text: o.String(),
				})
			}
		}
	}
	return run
}

func newWorld(t *testing.T, seed uint64, options simOptions) *world {
	t.Helper()
	w := &world{seed: seed, random: rand.New(rand.NewPCG(seed, 0)), recorder: history.NewRecorder(time.Now())}
	model := blobsim.NewService(simContainer)
	weather := w.weather()
	w.features = w.choose(options.features, &model.Account, &weather)
	model.Watch = func(c blobsim.Change) {
		name, scratch := blobsim.WithoutScratch(c.Name)
		w.recorder.Changed(c.At, "/"+name, history.State{
			Present: c.Present, Complete: c.Complete, Append: c.Type == blobsim.AppendBlob, Data: c.Data,
		}, scratch)
	}
	w.network = blobsim.NewNetwork(model, blobsim.Seeded(seed, weather))
	w.causes = newCauses()
	w.network.Trace = func(e blobsim.Event) {
		w.causes.saw(e)
		if options.trace != nil {
			options.trace(e)
		}
	}
	var transport http.RoundTripper = w.network
	if options.mutant != nil {
		transport = options.mutant(transport)
	}
	for range 2 {
		w.replicas = append(w.replicas, newReplica(t, transporter{transport}))
	}
	w.furnish(model)
	return w
}

// weather is from calm to stormy.
func (w *world) weather() blobsim.Weather {
	pick := func(choices ...float64) float64 { return choices[w.random.IntN(len(choices))] }
	return blobsim.Weather{
		Faults:     pick(0, 0.05, 0.1, 0.2, 0.4),
		Slow:       pick(0, 0.1, 0.5),
		Pending:    pick(0, 0.3, 0.8),
		Failing:    pick(0, 0.3, 0.7),
		ShortPages: pick(0, 0.5),
		MaxLate:    []int{4, 40, 400}[w.random.IntN(3)],
	}
}

// newReplica is a driver whose waits are too short to blur the slots of the
// network, and whose limits keep clear of them.
func newReplica(t *testing.T, transport policy.Transporter) *driver {
	t.Helper()
	parameters := DriverParameters{
		AccountName: "account", AccountKey: "a2V5", Container: "registry",
		RetryDelay: "1ms", MaxRetryDelay: "8ms", MaxRetries: 8,
		// As many tries of a listing, which may take a minute, as by default.
		TryTimeout: "10s", RetryBudget: "180.5s", CopyTimeout: "25.5s",
	}
	s, _, err := config.Interpret(&parameters)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDriver(s, transport)
	if err != nil {
		t.Fatal(err)
	}
	d.minBlock, d.maxBlock = 8, 16
	return d
}

// transporter gives a RoundTripper the name that the SDK wants, and the model's errors of credentials the type of
// the service's, whose own credential isn't asked here.
type transporter struct{ http.RoundTripper }

func (t transporter) Do(req *http.Request) (*http.Response, error) {
	resp, err := t.RoundTrip(req)
	var noToken interface{ NonRetriable() }
	if errors.As(err, &noToken) {
		return nil, &service.TokenError{}
	}
	return resp, err
}

// furnish stores what was there before.
func (w *world) furnish(service *blobsim.Service) {
	for i := range simTags {
		switch w.random.IntN(4) {
		case 0:
			service.Put(time.Now(), simContainer, tagPath(i)[1:], blobsim.BlockBlob, []byte("sha256:before"))
		case 1: // as registries before 3.1.2 stored it
			service.Put(time.Now(), simContainer, tagPath(i)[1:], blobsim.AppendBlob, []byte("sha256:legacy"))
		}
	}
}

// quiet keeps the driver's log lines, of which faults make many, out of the
// test's output.
func quiet(t *testing.T) {
	t.Helper()
	logrus.SetLevel(logrus.PanicLevel)
	logrus.SetOutput(io.Discard)
	t.Cleanup(func() {
		logrus.SetLevel(logrus.InfoLevel)
		logrus.SetOutput(os.Stderr)
	})
}
