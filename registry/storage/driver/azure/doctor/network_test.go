package doctor

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// names is a name server's zone.
type names map[string]string

func (n names) LookupHost(_ context.Context, host string) ([]string, error) {
	switch address := n[host]; address {
	case "":
		return nil, &net.DNSError{Name: host, IsNotFound: true}
	case "down":
		return nil, &net.DNSError{Name: host, Err: "server misbehaving", IsTemporary: true}
	default:
		return strings.Fields(address), nil
	}
}

func (names) LookupCNAME(_ context.Context, host string) (string, error) { return host + ".", nil }

// An account with a private endpoint has a name below privatelink in every network; only
// where the private zone is linked does the usual name lead to a private address.
func TestResolution(t *testing.T) {
	const usual, private = "account.blob.core.windows.net", "account.privatelink.blob.core.windows.net"
	for name, c := range map[string]struct {
		zone   names
		result Result
		says   string
	}{
		"public account":                     {names{usual: "20.60.1.1"}, OK, "public"},
		"private endpoint":                   {names{usual: "10.1.2.3", private: "10.1.2.3"}, OK, "private"},
		"private endpoint, public address":   {names{usual: "20.60.1.1", private: "20.60.1.1"}, Warning, "private-dns link vnet create --zone-name privatelink.blob.core.windows.net"},
		"no such account":                    {names{}, Failed, "no account of that name"},
		"a name server that does not answer": {names{usual: "down"}, Failed, "the name server does not answer"},
	} {
		t.Run(name, func(t *testing.T) {
			host, err := url.Parse("https://" + usual)
			require.NoError(t, err)
			x := &examination{Options: Options{Resolver: c.zone}, host: host, settings: config.Settings{AccountName: "account"}}
			row := x.resolve(t.Context())
			require.Equal(t, c.result, row.Result, "%v", row)
			require.Contains(t, row.Found+row.Means+row.Do, c.says)
		})
	}
}

func TestClaims(t *testing.T) {
	require.Equal(t, "the token does not say whose it is", readClaims("opaque").String())
	require.Equal(t, "the token does not say whose it is", readClaims("a.!.c").String())
	// {"azp":"client","tid":"tenant","oid":"object"}
	require.Equal(t, "client id client, object id object, tenant tenant",
		readClaims("e30.eyJhenAiOiJjbGllbnQiLCJ0aWQiOiJ0ZW5hbnQiLCJvaWQiOiJvYmplY3QifQ.c2ln").String())
}

// Each message of the configuration's reader leads to one setting.
func TestRemedyNamesASetting(t *testing.T) {
	for _, parameters := range []map[string]any{
		{"container": "Images", "accountname": "a", "accountkey": "aw=="},
		{"container": "c", "accountname": "a", "realm": "a.blob.core.windows.net"},
		{"container": "c", "accountname": "a", "credentials": map[any]any{"type": "client_secret"}},
		{"container": "c", "connectionstring": "AccountName=a"},
		{"container": "c", "accountname": "a", "serviceurl": "ftp://x"},
		{"container": "c/d", "accountname": "a"},
		{"container": "c", "accountname": "a", "rootdirectory": "v1."},
	} {
		_, _, err := config.Read(parameters)
		var wrong *config.Error
		require.True(t, errors.As(err, &wrong), "%v", parameters)
		for _, problem := range wrong.Problems {
			key, _, _ := strings.Cut(problem.Error(), ":")
			require.Contains(t, remedy(problem.Error()), key)
		}
	}
}
