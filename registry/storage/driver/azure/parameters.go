package azure

import "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"

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
