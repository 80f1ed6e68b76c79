package doctor

import (
	"fmt"

	"github.com/distribution/distribution/v3/configuration"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
)

// examineRegistry looks at what stands outside of the storage's section and matters to a
// registry on Azure.
func examineRegistry(r *Report, config *configuration.Configuration) {
	r.add("http.secret", secret(config))
	r.add("cache", cache(config))
	r.add("health", health(config))
}

// redirects reports whether clients are sent to the storage.
func redirects(config *configuration.Configuration) bool {
	disabled, _ := config.Storage["redirect"]["disable"].(bool)
	return !disabled
}

func secret(config *configuration.Configuration) azure.Row {
	if config.HTTP.Secret == "" {
		return azure.Row{
			Result: azure.Warning, Found: "not set: each process makes up its own",
			Means: "an upload that begins on one replica and goes on on another, or after a restart, fails",
			Do:    "set http.secret (or REGISTRY_HTTP_SECRET) to one random text for all replicas: openssl rand -hex 32",
		}
	}
	return azure.Row{Result: azure.OK, Found: "set; all replicas need the same (--replica compares)"}
}

func cache(config *configuration.Configuration) azure.Row {
	kind := config.Storage["cache"]["blobdescriptor"]
	if kind == nil {
		kind = config.Storage["cache"]["layerinfo"]
	}
	switch {
	case kind == nil:
		return azure.Row{Result: azure.OK, Found: "none: each pull asks the storage for the size of a layer"}
	case kind == "redis" && len(config.Redis.Options.Addrs) == 0:
		return azure.Row{Result: azure.Failed, Found: "redis, without an address", Means: "the registry does not start", Do: "set redis.addrs"}
	case kind != "redis" && kind != "inmemory":
		return azure.Row{Result: azure.Warning, Found: fmt.Sprintf("%v, which is none", kind), Means: "the registry runs without a cache", Do: "set storage.cache.blobdescriptor: inmemory"}
	}
	return azure.Row{Result: azure.OK, Found: fmt.Sprint(kind)}
}

func health(config *configuration.Configuration) azure.Row {
	check := config.Health.StorageDriver
	if !check.Enabled {
		return azure.Row{Result: azure.OK, Found: "the storage is not among the health checks (health.storagedriver.enabled)"}
	}
	return azure.Row{Result: azure.OK, Found: fmt.Sprintf("the storage is checked every %s", check.Interval)}
}

// compare looks for what replicas of one registry must have in common.
func compare(r *Report, config *configuration.Configuration, path string) {
	const name = "replica"
	other, row := read(path)
	if other == nil {
		r.add(name, row)
		return
	}
	before := len(r.Checks)
	if config.HTTP.Secret != other.HTTP.Secret {
		r.add(name, azure.Row{
			Result: azure.Failed, Found: "http.secret differs from that of " + path,
			Means: "an upload that begins on one replica and goes on on the other fails", Do: "set http.secret to the same text in both",
		})
	}
	for _, key := range differences(config, other) {
		r.add(name, azure.Row{
			Result: azure.Failed, Found: fmt.Sprintf("storage.azure.%s differs from that of %s", key, path),
			Means: "the two do not see the same images", Do: "set " + key + " to the same in both",
		})
	}
	if len(r.Checks) == before {
		r.add(name, azure.Row{Result: azure.OK, Found: path + " has the same secret and the same storage"})
	}
}

// differences are the keys that say where the data is, and say different things. A section
// that can't be read has a row of its own already, or will have one for the other replica.
func differences(a, b *configuration.Configuration) []string {
	one, err := azure.PlaceOf(a.Storage.Parameters())
	other, otherErr := azure.PlaceOf(b.Storage.Parameters())
	if err != nil || otherErr != nil {
		return nil
	}
	var keys []string
	for _, part := range []struct {
		key    string
		differ bool
	}{
		{"accountname", one.Account != other.Account},
		{"container", one.Container != other.Container},
		{"rootdirectory", one.RootDirectory != other.RootDirectory},
		{"legacyrootprefix", one.LegacyRootPrefix != other.LegacyRootPrefix},
	} {
		if part.differ {
			keys = append(keys, part.key)
		}
	}
	return keys
}
