package config

import "testing"

const (
	testKey      = "a2V5" // base64 of "key"
	keyString    = "DefaultEndpointsProtocol=https;AccountName=acc1;AccountKey=" + testKey + ";EndpointSuffix=core.windows.net"
	sasString    = "BlobEndpoint=https://acc1.blob.core.windows.net/;SharedAccessSignature=sv=2024-11-04&sig=s%3D"
	sasSignature = "sv=2024-11-04&sig=s%3D"
)

func TestCredentials(t *testing.T) {
	type m = map[string]any
	servicePrincipal := func(kind string) m {
		return m{"type": kind, "clientid": "i", "tenantid": "t", "secret": "s"}
	}
	tests := map[string]struct {
		changes  m
		want     CredentialsKind
		problems []string
	}{
		"nothing given":               {nil, AmbientIdentity, nil},
		"account key":                 {m{"accountkey": testKey}, SharedKey, nil},
		"string with key":             {m{"connectionstring": keyString}, SharedKey, nil},
		"string with signature":       {m{"connectionstring": sasString}, SASToken, nil},
		"same key twice":              {m{"accountkey": testKey, "connectionstring": keyString}, SharedKey, nil},
		"key completes string":        {m{"accountkey": testKey, "connectionstring": "AccountName=acc1"}, SharedKey, nil},
		"empty section":               {m{"credentials": nil}, AmbientIdentity, nil},
		"empty type":                  {m{"credentials": m{"type": ""}, "accountkey": testKey}, SharedKey, nil},
		"client id alone":             {m{"credentials": m{"clientid": "i"}}, AmbientIdentity, nil},
		"shared_key":                  {m{"credentials": m{"type": "shared_key"}, "accountkey": testKey}, SharedKey, nil},
		"shared_key, string":          {m{"credentials": m{"type": "shared_key"}, "connectionstring": keyString}, SharedKey, nil},
		"client_secret":               {m{"credentials": servicePrincipal("client_secret")}, ClientSecret, nil},
		"default_credentials":         {m{"credentials": m{"type": "default_credentials"}}, AmbientIdentity, nil},
		"default":                     {m{"credentials": m{"type": "default"}}, AmbientIdentity, nil},
		"token type, key left over":   {m{"credentials": m{"type": "default_credentials"}, "accountkey": "any"}, AmbientIdentity, nil},
		"token type, secret unused":   {m{"credentials": servicePrincipal("default")}, AmbientIdentity, nil},
		"token type, endpoint string": {m{"credentials": m{"type": "default"}, "connectionstring": "AccountName=acc1"}, AmbientIdentity, nil},

		"unknown type":            {m{"credentials": m{"type": "sharedkey"}}, 0, []string{`credentials.type: "sharedkey" is not one of client_secret, shared_key, default_credentials`}},
		"unknown type, bad key":   {m{"credentials": m{"type": "sharedkey"}, "accountkey": "k1"}, 0, []string{"credentials.type: ", "accountkey: not base64"}},
		"shared_key, no key":      {m{"credentials": m{"type": "shared_key"}}, 0, []string{"accountkey: missing"}},
		"shared_key, signature":   {m{"credentials": m{"type": "shared_key"}, "connectionstring": sasString}, 0, []string{"connectionstring has a SharedAccessSignature"}},
		"client_secret, nothing":  {m{"credentials": m{"type": "client_secret"}}, 0, []string{"credentials.clientid, credentials.tenantid, credentials.secret: missing"}},
		"client_secret, half":     {m{"credentials": m{"type": "client_secret", "clientid": "i", "secret": "s"}}, 0, []string{"credentials.tenantid: missing"}},
		"client_secret, string":   {m{"credentials": servicePrincipal("client_secret"), "connectionstring": keyString}, 0, []string{"credentials.type: is client_secret, but connectionstring has credentials"}},
		"default, string":         {m{"credentials": m{"type": "default"}, "connectionstring": sasString}, 0, []string{"credentials.type: is default, but connectionstring has credentials"}},
		"secret without type":     {m{"credentials": servicePrincipal("")}, 0, []string{"credentials.type: missing"}},
		"key and signature":       {m{"accountkey": testKey, "connectionstring": sasString}, 0, []string{"keep one of them"}},
		"two keys":                {m{"accountkey": "b3RoZXI=", "connectionstring": keyString}, 0, []string{"accountkey: differs from AccountKey in connectionstring"}},
		"string of an endpoint":   {m{"connectionstring": "AccountName=acc1"}, 0, []string{"connectionstring: has neither AccountKey nor SharedAccessSignature"}},
		"string's key not base64": {m{"connectionstring": "AccountName=acc1;AccountKey=k1"}, 0, []string{"accountkey: not base64"}},
		"section is text":         {m{"credentials": "shared_key"}, 0, []string{"credentials: expected a mapping"}},
		"section is a list":       {m{"credentials": []any{"shared_key"}}, 0, []string{"credentials: expected a mapping"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _, err := Read(section(test.changes))
			wantProblems(t, err, test.problems...)
			if s.Credentials != test.want {
				t.Errorf("got %d, want %d", s.Credentials, test.want)
			}
		})
	}
}

func TestCredentialsReachTheSettings(t *testing.T) {
	s, _, err := Read(section(map[string]any{
		"credentials": map[any]any{"type": "client_secret", "clientid": "i", "tenantid": "t", "secret": "s"},
	}))
	if err != nil || s.ClientID != "i" || s.TenantID != "t" || s.Secret != "s" {
		t.Errorf("service principal: %+v, %v", s, err)
	}
	s, _, err = Read(section(map[string]any{"connectionstring": keyString}))
	if err != nil || s.AccountName != "acc1" || s.AccountKey != testKey {
		t.Errorf("connection string with a key: %+v, %v", s, err)
	}
	s, _, err = Read(map[string]any{"container": "c1", "connectionstring": sasString})
	if err != nil || s.SAS != sasSignature || s.ServiceURL != "https://acc1.blob.core.windows.net" {
		t.Errorf("connection string with a signature: %+v, %v", s, err)
	}
}
