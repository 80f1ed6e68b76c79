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
		warnings []string
	}{
		"nothing given":               {nil, AmbientIdentity, nil, nil},
		"account key":                 {m{"accountkey": testKey}, SharedKey, nil, nil},
		"string with key":             {m{"connectionstring": keyString}, SharedKey, nil, nil},
		"string with signature":       {m{"connectionstring": sasString}, SASToken, nil, nil},
		"same key twice":              {m{"accountkey": testKey, "connectionstring": keyString}, SharedKey, nil, nil},
		"key completes string":        {m{"accountkey": testKey, "connectionstring": "AccountName=acc1"}, SharedKey, nil, nil},
		"empty section":               {m{"credentials": nil}, AmbientIdentity, nil, nil},
		"empty type":                  {m{"credentials": m{"type": ""}, "accountkey": testKey}, SharedKey, nil, nil},
		"client id alone":             {m{"credentials": m{"clientid": "i"}}, AmbientIdentity, nil, nil},
		"shared_key":                  {m{"credentials": m{"type": "shared_key"}, "accountkey": testKey}, SharedKey, nil, nil},
		"shared_key, string":          {m{"credentials": m{"type": "shared_key"}, "connectionstring": keyString}, SharedKey, nil, nil},
		"client_secret":               {m{"credentials": servicePrincipal("client_secret")}, ClientSecret, nil, nil},
		"client_secret, no type":      {m{"credentials": servicePrincipal("")}, ClientSecret, nil, nil},
		"default_credentials":         {m{"credentials": m{"type": "default_credentials"}}, AmbientIdentity, nil, nil},
		"default":                     {m{"credentials": m{"type": "default"}}, AmbientIdentity, nil, nil},
		"identity selected":           {m{"credentials": m{"type": "default", "clientid": "i", "tenantid": "t"}}, AmbientIdentity, nil, nil},
		"token type, endpoint string": {m{"accountname": "", "credentials": m{"type": "default"}, "connectionstring": "AccountName=acc1"}, AmbientIdentity, nil, nil},

		"token type, key left over": {m{"credentials": m{"type": "default_credentials"}, "accountkey": "any"}, AmbientIdentity, nil, []string{"accountkey: not used: requests are authenticated with the default credentials"}},
		"token type, principal":     {m{"credentials": servicePrincipal("default")}, AmbientIdentity, nil, []string{"clientid: not used", "tenantid: not used", "secret: not used"}},
		"token type, string":        {m{"accountname": "", "credentials": m{"type": "default"}, "connectionstring": sasString}, AmbientIdentity, nil, []string{"connectionstring: not used: requests are authenticated with the default credentials"}},
		"key and principal":         {m{"credentials": servicePrincipal(""), "accountkey": testKey}, SharedKey, nil, []string{"clientid: not used", "tenantid: not used", "secret: not used: requests are authenticated with the account key"}},
		"key and signature":         {m{"accountkey": testKey, "connectionstring": sasString}, SharedKey, nil, []string{"connectionstring: not used: requests are authenticated with the account key"}},
		"client_secret, key":        {m{"credentials": servicePrincipal("client_secret"), "accountkey": testKey}, ClientSecret, nil, []string{"accountkey: not used"}},

		"key empty":             {m{"accountkey": ""}, AmbientIdentity, nil, []string{"accountkey: set but empty: requests are authenticated with the default credentials"}},
		"key empty, nothing":    {m{"accountkey": nil}, AmbientIdentity, nil, []string{"accountkey: set but empty"}},
		"key empty, signature":  {m{"accountkey": "", "connectionstring": sasString}, SASToken, nil, []string{"accountkey: set but empty: requests are authenticated with the shared access signature"}},
		"string empty":          {m{"connectionstring": ""}, AmbientIdentity, nil, []string{"connectionstring: set but empty"}},
		"shared_key, key empty": {m{"credentials": m{"type": "shared_key"}, "accountkey": ""}, AmbientIdentity, nil, []string{"there is no accountkey: the default credentials will be used instead", "accountkey: set but empty"}},
		"shared_key, no key":    {m{"credentials": m{"type": "shared_key"}}, AmbientIdentity, nil, []string{"there is no accountkey: the default credentials will be used instead"}},
		"shared_key, signature": {m{"credentials": m{"type": "shared_key"}, "connectionstring": sasString}, SASToken, nil, []string{"there is no accountkey: the shared access signature will be used instead"}},

		"unknown type":            {m{"credentials": m{"type": "sharedkey"}}, 0, []string{`credentials.type: "sharedkey" is not one of client_secret, shared_key, default_credentials`}, nil},
		"unknown type, bad key":   {m{"credentials": m{"type": "sharedkey"}, "accountkey": "k1"}, 0, []string{"credentials.type: ", "accountkey: not base64"}, nil},
		"client_secret, nothing":  {m{"credentials": m{"type": "client_secret"}}, 0, []string{"credentials.clientid, credentials.tenantid, credentials.secret: missing"}, nil},
		"client_secret, half":     {m{"credentials": m{"type": "client_secret", "clientid": "i", "secret": "s"}}, 0, []string{"credentials.tenantid: missing"}, nil},
		"secret alone":            {m{"credentials": m{"secret": "s"}}, 0, []string{"credentials.clientid, credentials.tenantid: missing"}, nil},
		"two keys":                {m{"accountkey": "b3RoZXI=", "connectionstring": keyString}, 0, []string{"accountkey: differs from AccountKey in connectionstring"}, nil},
		"string of an endpoint":   {m{"connectionstring": "AccountName=acc1"}, 0, []string{"connectionstring: has neither AccountKey nor SharedAccessSignature"}, nil},
		"string's key not base64": {m{"connectionstring": "AccountName=acc1;AccountKey=k1"}, 0, []string{"accountkey: not base64"}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, warnings, err := Read(section(test.changes))
			wantProblems(t, err, test.problems...)
			wantWarnings(t, warnings, test.warnings...)
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
	s, _, err = Read(map[string]any{"container": "registry", "connectionstring": sasString})
	if err != nil || s.SAS != sasSignature || s.ServiceURL != "https://acc1.blob.core.windows.net" {
		t.Errorf("connection string with a signature: %+v, %v", s, err)
	}
}
