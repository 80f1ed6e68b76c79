package config_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	stock "github.com/distribution/distribution/v3/registry/storage/driver/azure"
	"go.yaml.in/yaml/v2"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

const key = "a2V5" // base64

// bases are sections that stock's driver starts with, one for each type of credentials.
var bases = map[string]map[string]any{
	"shared_key": {
		"accountname": "acc1", "container": "registry", "accountkey": key,
		"credentials": map[any]any{"type": "shared_key"},
	},
	"client_secret": {
		"accountname": "acc1", "container": "registry",
		"credentials": map[any]any{"type": "client_secret", "clientid": "i", "tenantid": "t", "secret": "s"},
	},
	"default_credentials": {
		"accountname": "acc1", "container": "registry",
		"credentials": map[any]any{"type": "default_credentials"},
	},
}

// keys are all that some registry knows, with some that none does.
var keys = strings.Fields(`container accountname accountkey connectionstring realm rootdirectory serviceurl
	max_retries retry_delay skipverify credentials try_timeout max_retry_delay retry_budget copy_timeout
	chunksize uploadmemory legacyrootprefix create_container redirectendpoint redirect_expiry debug_log
	debug_log_events trimlegacyrootprefix credentials_type tenant_id client_id secret useragent name
	api_pool_max_interval retry_try_timeout redirect unknown AccountName MAX_RETRIES Credentials`)

// values are what one may find under a key, in YAML.
var values = strings.Split(`~|""|0|-1|-7|1|5.7|1e300|.inf|18446744073709551615|true|false|[]|[a, b]|{}|{a: b}|{1: 2}|
a2V5|k1|not base64!|acc1|acc-2|acc_3|12345|acc1.blob.core.windows.net|registry|/registry/|my_registry|ab|$root|
core.windows.net|core.chinacloudapi.cn|core.usgovcloudapi.net|stack.local:8443|storage.azure.net|
https://acc1.blob.core.windows.net|https://acc1.blob.core.windows.net/?sv=1&sig=s|https://u:p@proxy.example/x#y|
http://127.0.0.1:10000/acc1/|https://acc1.privatelink.blob.core.windows.net|HTTPS://ACC1.blob.core.windows.net|
0s|-1s|1h|soon|10|+5s|1000h|/|/a//b/|a.b/c|a b|ä|
AccountName=acc2;AccountKey=b3RoZXI=|malformed;|UseDevelopmentStorage=true|
{type: shared_key}|{type: default_credentials, clientid: i}|{type: client_secret, clientid: i, tenantid: t, secret: s}|
{type: default_credentials, secret: s, clientid: i}|{type: shared_key, 1: 2, other: x}|{TYPE: shared_key}`, "|")

// TestWhatStockStartsWithStartsHere: one key after the other gets each of the values.
func TestWhatStockStartsWithStartsHere(t *testing.T) {
	accepted := 0
	for kind, base := range bases {
		for _, key := range keys {
			for _, value := range values {
				section := maps.Clone(base)
				section[key] = fromYAML(t, value)
				if checkAsStock(t, section) {
					accepted++
				}
				if t.Failed() {
					t.Fatalf("%s with %s: %s", kind, key, value)
				}
			}
		}
	}
	if accepted < 1000 {
		t.Errorf("stock's driver started with %d sections only: the test finds little to judge", accepted)
	}
}

// differences are the problems that keep ours from starting where stock's starts, with an
// example: no request of stock's succeeds with these. docs/configuration.md argues them.
var differences = map[string]map[string]any{
	"container: is a URL":           {"container": "https://acc1.blob.core.windows.net/registry"},
	"upper-case letters":            {"container": "Registry"},
	"has a slash in it":             {"container": "registry/images"},
	"container: missing":            {"container": "/"},
	"ends in a dot":                 {"rootdirectory": "."},
	"realm: must not name":          {"realm": "privatelink.blob.core.windows.net"},
	"realm: has a host in it":       {"realm": "acc1.blob.core.windows.net"},
	"realm: not a domain":           {"realm": "https://core.windows.net"},
	"accountname: not the name":     {"accountname": "https://acc1.blob.core.windows.net"},
	"serviceurl: not a URL":         {"serviceurl": "acc1.blob.core.windows.net"},
	"credentials.clientid: missing": {"credentials": map[any]any{"type": "client_secret", "tenantid": "t", "secret": "s"}},
}

func TestDifferencesFromStock(t *testing.T) {
	for text, changes := range differences {
		section := maps.Clone(bases["shared_key"])
		maps.Copy(section, changes)
		if _, err := stockStarts(t, section); err != nil {
			t.Errorf("%v: no difference, stock says %v", changes, err)
		}
		if _, _, err := config.Read(section); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v: %v, expected %q", changes, err, text)
		}
	}
}

// argued reports whether all that is wrong is one of the differences.
func argued(err error) bool {
	wrong, ok := errors.AsType[*config.Error](err)
	for _, problem := range wrong.Problems {
		ok = ok && slices.ContainsFunc(slices.Collect(maps.Keys(differences)), func(text string) bool {
			return strings.Contains(problem.Error(), text)
		})
	}
	return ok
}

// FuzzAsStock searches for more.
func FuzzAsStock(f *testing.F) {
	for _, value := range values {
		f.Add("accountname: acc1\ncontainer: registry\ncredentials: {type: default_credentials}\nserviceurl: https://a\nretry_delay: " + value)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var section map[string]any
		if yaml.Unmarshal([]byte(text), &section) == nil && section != nil {
			checkAsStock(t, section)
		}
	})
}

func fromYAML(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	return value
}

// checkAsStock checks that ours starts with a section that stock's driver starts with, and
// means the same by it. It reports whether there was something to check.
func checkAsStock(t *testing.T, section map[string]any) bool {
	t.Helper()
	theirs, err := stockStarts(t, section)
	if err != nil {
		return false
	}
	ours, _, err := config.Read(section)
	switch {
	case err == nil:
	case argued(err):
		return false
	default:
		t.Errorf("stock starts with %v, ours doesn't: %v", section, err)
		return false
	}
	delay, _ := time.ParseDuration(theirs.RetryDelay)
	kinds := map[stock.CredentialsType]config.CredentialsKind{
		stock.CredentialsTypeSharedKey: config.SharedKey, stock.CredentialsTypeClientSecret: config.ClientSecret,
		stock.CredentialsTypeDefault: config.AmbientIdentity,
	}
	kind := kinds[theirs.Credentials.Type]
	if kind == config.SharedKey && theirs.AccountKey == "" {
		kind = config.AmbientIdentity // stock's signs with nothing, which no service accepts
	}
	address, _, _ := strings.Cut(theirs.ServiceURL, "?")
	same := map[string]bool{
		"account":     ours.AccountName == theirs.AccountName,
		"key":         kind != config.SharedKey || ours.AccountKey == theirs.AccountKey,
		"credentials": ours.Credentials == kind,
		"container":   ours.Container == strings.Trim(theirs.Container, "/"),
		"root":        ours.RootDirectory == strings.Trim(theirs.RootDirectory, "/"),
		"retries":     ours.MaxRetries == max(0, theirs.MaxRetries) || ours.MaxRetries > 1e9, // which overflows in stock's
		"delay":       ours.RetryDelay == min(max(0, delay), ours.MaxRetryDelay),
		"TLS":         ours.SkipVerify == theirs.SkipVerify,
		"address":     theirs.Realm == "" || strings.Contains(address, "@") || strings.EqualFold(ours.ServiceURL, strings.TrimRight(address, "/")),
	}
	for what, ok := range same {
		if !ok {
			t.Errorf("%s: stock reads %+v, ours %+v", what, theirs, ours)
		}
	}
	return true
}

// stockStarts makes stock's driver, which sends nothing yet.
func stockStarts(t *testing.T, section map[string]any) (*stock.DriverParameters, error) {
	t.Helper()
	parameters, err := stock.NewParameters(section)
	if err != nil {
		return nil, err
	}
	_, err = stock.New(t.Context(), parameters)
	return parameters, err
}
