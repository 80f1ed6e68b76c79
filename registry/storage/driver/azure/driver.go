package azure

import (
	"context"
	"net/http"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/base"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blockbuf"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

const driverName = "azure"

func init() {
	factory.Register(driverName, driverFactory{})
	// The name of GitLab's newer azure driver, whose parameters are understood.
	factory.Register("azure_v2", driverFactory{})
}

// driverFactory makes the driver from the registry's configuration.
type driverFactory struct{}

// Create implements factory.StorageDriverFactory. Storage that can't be reached
// is no error: it is logged, and the driver works as soon as storage does.
func (driverFactory) Create(ctx context.Context, parameters map[string]any) (storagedriver.StorageDriver, error) {
	s, warnings, err := config.Read(parameters)
	warn(ctx, warnings)
	if err != nil {
		return nil, err
	}
	d, err := newDriver(s, nil)
	if err != nil {
		return nil, err
	}
	d.lookAround(ctx)
	return wrap(d), nil
}

// Driver is a storagedriver.StorageDriver that keeps its data in a container of
// Azure Blob Storage. Safe for concurrent use, by any number of registries on
// one container.
type Driver struct {
	baseEmbed
}

// baseEmbed keeps base.Base out of the exported fields of Driver.
type baseEmbed struct {
	base.Base
}

// driver does the work; base.Base checks paths and names the driver in errors.
type driver struct {
	service   *service.Client
	names     names
	settings  config.Settings
	recent    recent[service.ETag]
	committed recent[int64] // lengths of uploads, until they are moved
	hierarchy hierarchy
	memory    *blockbuf.Memory
	minBlock  int // bytes from which on a block is sent
	maxBlock  int // bytes of the largest block
}

var _ storagedriver.StorageDriver = (*driver)(nil)

// New makes a Driver. It sends nothing: whether the account can be reached and
// the credentials are good shows at the first call. The error is a *ConfigError
// that holds everything that is wrong with the parameters.
func New(ctx context.Context, params *DriverParameters) (*Driver, error) {
	s, warnings, err := config.Interpret(params)
	warn(ctx, warnings)
	if err != nil {
		return nil, err
	}
	d, err := newDriver(s, nil)
	if err != nil {
		return nil, err
	}
	return wrap(d), nil
}

// newDriver makes the inner driver; a nil transport means the network.
func newDriver(s config.Settings, transport service.Transporter) (*driver, error) {
	client, err := service.New(s, transport)
	if err != nil {
		return nil, err
	}
	return &driver{
		service:  client,
		names:    newNames(s.RootDirectory, s.LegacyRootPrefix),
		settings: s,
		memory:   blockbuf.NewMemory(s.UploadMemory),
		minBlock: min(minBlockSize, s.ChunkSize),
		maxBlock: s.ChunkSize,
	}, nil
}

func wrap(d *driver) *Driver {
	return &Driver{baseEmbed{base.Base{StorageDriver: d}}}
}

// Name is the name under which the driver is registered.
func (d *driver) Name() string { return driverName }

// RedirectURL is where a client may read the blob at path directly, for as long
// as redirect_expiry. It is empty if the request isn't for the blob's bytes, or if
// nothing can be signed with the credentials at hand; the registry then answers
// itself. A HEAD it can answer from what it has just asked the storage, and the
// client needs no way there.
func (d *driver) RedirectURL(r *http.Request, path string) (string, error) {
	if r.Method != http.MethodGet {
		return "", nil
	}
	return d.service.SignedURL(r.Context(), d.names.blobName(path))
}

const (
	// lookAroundTime bounds what the start-up looks at, so that storage which
	// can't be reached doesn't hold up the registry.
	lookAroundTime = 5 * time.Second
	// registryRoot is where upstream keeps everything.
	registryRoot = "/docker/registry/v2"
)

// warn logs what is odd about the configuration.
func warn(ctx context.Context, warnings []config.Warning) {
	for _, w := range warnings {
		service.Logger(ctx).WithField("key", w.Key).Warn(w.Text)
	}
}

// lookAround says in the log what an operator wants to know at start: that the
// storage can't be reached, that a registry's data is there under names of the
// other style and isn't found, or that what is deleted goes on to cost. It creates
// the container if it is told to.
func (d *driver) lookAround(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookAroundTime)
	defer cancel()
	entry := service.Logger(ctx).WithFields(logrus.Fields{"container": d.settings.Container, "serviceurl": d.settings.ServiceURL})
	if d.settings.CreateContainer {
		created, err := d.service.CreateContainer(ctx)
		switch {
		case err != nil:
			entry.WithError(err).Warn("container could not be created")
		case created:
			entry.Info("container created")
		}
	}
	mine, err := d.holds(ctx, d.names.dirPrefix(registryRoot))
	other := false
	if err == nil {
		other, err = d.holds(ctx, d.names.other().dirPrefix(registryRoot))
	}
	if err != nil {
		entry.WithError(err).Warn("storage does not answer as it should; starting all the same, requests will be tried when they come")
		return
	}
	if text := d.settings.OtherStyle(mine, other); text != "" {
		entry.Warn(text)
	}
	// The right to ask for this is a rare one: a refusal says nothing.
	if kept, err := d.service.SoftDelete(ctx); err == nil && kept.On {
		entry.WithField("days", kept.Days).Info("the account keeps what is deleted: it goes on to cost, and listings get slower")
	}
}

// DriverParameters is the section storage.azure of the configuration, as it was written.
type DriverParameters = config.Parameters

// Credentials is the section storage.azure.credentials of the configuration.
type Credentials = config.Credentials

// CredentialsType says how to authenticate: one of the CredentialsType constants, or
// empty to go by which of the other parameters are given.
type CredentialsType = config.CredentialsType

// The values of credentials.type.
const (
	// CredentialsTypeClientSecret signs in as a service principal with a client secret.
	CredentialsTypeClientSecret = config.CredentialsTypeClientSecret
	// CredentialsTypeSharedKey signs every request with the storage account's key.
	CredentialsTypeSharedKey = config.CredentialsTypeSharedKey
	// CredentialsTypeDefault takes what the surroundings offer: environment variables,
	// workload identity, managed identity, or the Azure CLI's login.
	CredentialsTypeDefault = config.CredentialsTypeDefault
)

// ConfigError is everything that is wrong with a configuration. No message of it holds a
// secret.
type ConfigError = config.Error

// NewParameters reads the section storage.azure of the configuration, fills in the defaults
// that upstream's NewParameters fills in, and checks it. The error is a *ConfigError with
// everything that is wrong. Whether an account key is well-formed is left to New.
func NewParameters(parameters map[string]any) (*DriverParameters, error) {
	return config.NewParameters(parameters)
}
