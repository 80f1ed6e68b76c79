package doctor

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// Options are what a configuration says outside of the section storage.azure, and who
// wants to know.
type Options struct {
	File      map[string]any    // what of the section stands in the file
	Environ   []string          // as os.Environ gives it
	Service   bool              // the questions about the service are asked as well
	Redirects bool              // clients are sent to the storage
	Progress  func(name string) // is told what is tried next
	Resolver  Resolver          // nil: the system's
}

// Resolver looks up the addresses of a host. A net.Resolver is one.
type Resolver interface {
	LookupHost(ctx context.Context, host string) ([]string, error)
	LookupCNAME(ctx context.Context, host string) (string, error)
}

// check is one thing that is tried. It is skipped if one that it needs has failed.
type check struct {
	name  string
	needs []string
	run   func(context.Context) Row
}

// examination is one run of all checks.
type examination struct {
	Options
	settings config.Settings
	values   []Setting
	host     *url.URL // of the account's blob service
	client   *service.Client
	storage  *wire
	tokens   *wire
	rows     []Row
	answers  []Answer

	address   string   // of the host, if it is a public one
	anonymous exchange // the answer to a request without credentials
	identity  claims   // of the token
	account   account
	scratch   *scratch
	pace      pace
}

const (
	// tries is how many there are of a request, the first included: enough to get past
	// what passes, few enough for storage that is away to be told soon.
	tries = 3
	// longestTry bounds a try_timeout, for the same reason.
	longestTry = 10 * time.Second
	// longestCall bounds all tries of a request.
	longestCall = time.Minute

	connection = "connection"
)

// Setting is what one key is set to, and whether the file, the environment or a default
// says so.
type Setting = config.Value

// Findings are all that an examination found.
type Findings struct {
	Rows     []Row
	Settings []Setting
	Answers  []Answer // with Options.Service, as far as they could be asked
}

// Examine reads the section storage.azure and makes all checks, until ctx ends.
func Examine(ctx context.Context, parameters map[string]any, o Options) Findings {
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	x := &examination{Options: o, values: config.Values(parameters, o.File, o.Environ)}
	if x.configure(parameters) {
		x.runAll(ctx)
	}
	return Findings{x.rows, x.values, x.answers}
}

func (x *examination) runAll(ctx context.Context) {
	defer x.run(context.WithoutCancel(ctx), check{name: "scratch removed", run: x.removeScratch})
	for _, c := range x.checks() {
		if ctx.Err() != nil {
			x.add(c.name, skipped("the run was interrupted"))
			continue
		}
		x.run(ctx, c)
	}
}

// checks are all of them but the configuration's, in their order.
func (x *examination) checks() []check {
	var asked []check
	if x.Service {
		asked = []check{{"answers of the service", []string{"right to append", "right to read"}, x.askService}}
	}
	return slices.Concat(
		[]check{
			{"address", nil, x.checkAddress},
			{"proxy", []string{"address"}, x.checkProxy},
			{"name resolution", []string{"address"}, x.resolve},
			{connection, []string{"name resolution"}, x.connect},
			{"service", []string{connection}, x.checkService},
			{"clock", []string{"service"}, x.checkClock},
			{"credential", []string{"address"}, x.checkCredential},
			{"container", []string{"service", "clock", "credential"}, x.checkContainer},
			{"account", []string{"container"}, x.checkAccount},
		},
		x.rights(),
		[]check{
			{"hierarchical namespace", []string{"right to write"}, x.checkHierarchy},
			{"versioning", []string{"right to create"}, x.checkVersioning},
			{"delegation key", []string{"container"}, x.checkDelegation},
			{"redirect", []string{"right to read"}, x.checkRedirect},
			{"data", []string{"right to list"}, x.checkData},
			{"speed", []string{"right to append", "right to write", "right to read"}, x.measure},
		},
		asked,
	)
}

// run makes one check, or skips it.
func (x *examination) run(ctx context.Context, c check) {
	if because, blocked := x.blocked(c); blocked {
		x.add(c.name, because)
		return
	}
	if x.Progress != nil {
		x.Progress(c.name)
	}
	before := x.storage.len()
	row := c.run(ctx)
	switch {
	case ctx.Err() != nil && row.Result != OK:
		row = skipped("the run was interrupted")
	case row.Result == OK && c.name != connection: // which is no call that is tried again
		row = unsteady(row, x.storage.since(before))
	}
	x.add(c.name, row)
}

// blocked gives the row of a check that needs one which failed. Where that was skipped
// itself, the reason is the same.
func (x *examination) blocked(c check) (Row, bool) {
	for _, r := range x.rows {
		switch {
		case !slices.Contains(c.needs, r.Name):
		case r.Result == Failed:
			return skipped(fmt.Sprintf("%q failed", r.Name)), true
		case r.Result == Skipped:
			return r, true
		}
	}
	return Row{}, false
}

// add takes a row into the report.
func (x *examination) add(name string, r Row) {
	r.Name = name
	x.rows = append(x.rows, r)
}

// open makes the client that the checks share. It sends as the registry does, but gives
// up much sooner.
func (x *examination) open(s config.Settings) error {
	x.settings = s
	host, err := url.Parse(s.ServiceURL)
	if err != nil {
		return fmt.Errorf("reading the service's address: %w", err)
	}
	x.host = host
	hasty := s
	hasty.MaxRetries = min(s.MaxRetries, tries-1)
	hasty.TryTimeout = min(s.TryTimeout, longestTry)
	hasty.RetryBudget = min(s.RetryBudget, longestCall)
	hasty.CopyTimeout = min(s.CopyTimeout, longestCall)
	hasty.DebugLog = nil
	network := service.Network(hasty)
	x.storage, x.tokens = &wire{inner: network.Storage}, &wire{inner: network.Tokens}
	x.client, err = service.NewThrough(hasty, service.Transports{Storage: x.storage, Tokens: x.tokens})
	return err
}
