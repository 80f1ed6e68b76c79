package azure

import (
	"flag"
	"slices"
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

var simFeatures = flag.String("sim.features", "", "the features of every world, with commas between them, instead of drawn ones")

// features are the kinds of account, of networks and of neighbours. A world has none, or some of them.
var features = []struct {
	name string
	add  func(*blobsim.Account, *blobsim.Weather)
}{
	{"hierarchical", func(a *blobsim.Account, _ *blobsim.Weather) { a.Hierarchical = true }},
	{"versioned", func(a *blobsim.Account, _ *blobsim.Weather) { a.Versioned = true }},
	{"soft delete", func(a *blobsim.Account, _ *blobsim.Weather) { a.SoftDelete = true }},
	{"snapshots", func(_ *blobsim.Account, w *blobsim.Weather) { meddle(w, blobsim.Snapshot) }},
	{"leases", func(_ *blobsim.Account, w *blobsim.Weather) { meddle(w, blobsim.Lease) }},
	{"scanner", func(_ *blobsim.Account, w *blobsim.Weather) { meddle(w, blobsim.Scan) }},
	{"wrong MD5", func(_ *blobsim.Account, w *blobsim.Weather) { meddle(w, blobsim.WrongMD5) }},
	{"gateway", func(_ *blobsim.Account, w *blobsim.Weather) { w.Foreign = 0.5 }},
	{"refusals", func(_ *blobsim.Account, w *blobsim.Weather) { w.Refusals = 0.2 }},
	{"tokens", func(_ *blobsim.Account, w *blobsim.Weather) { w.Tokens = 0.3 }},
	{"very slow", func(_ *blobsim.Account, w *blobsim.Weather) { w.VerySlow = 0.05 }},
	{"inspecting proxy", func(_ *blobsim.Account, w *blobsim.Weather) { w.Inspected = 0.2 }},
}

func meddle(w *blobsim.Weather, what blobsim.Meddling) {
	w.Meddling = 0.2
	w.Meddlings = append(w.Meddlings, what)
}

// choose gives a world the named features, or draws some.
func (w *world) choose(given []string, account *blobsim.Account, weather *blobsim.Weather) (chosen []string) {
	if given == nil && *simFeatures != "" {
		given = strings.Split(*simFeatures, ",")
	}
	for _, f := range features {
		drawn := w.random.IntN(5) == 0
		if given != nil {
			drawn = slices.Contains(given, f.name)
		}
		if drawn {
			f.add(account, weather)
			chosen = append(chosen, f.name)
		}
	}
	return chosen
}
