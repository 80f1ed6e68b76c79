package config

import (
	"reflect"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
)

// throughUpstream has upstream's parser read a section storage.azure from a file and the
// variables REGISTRY_STORAGE_AZURE_*, and reads the result.
func throughUpstream(t *testing.T, file string, variables map[string]string) (*Parameters, Settings, []Warning, error) {
	t.Helper()
	for name, value := range variables {
		t.Setenv("REGISTRY_STORAGE_AZURE_"+name, value)
	}
	text := "version: 0.1\nstorage:\n  azure:\n" + strings.ReplaceAll("\n"+strings.TrimSpace(file), "\n", "\n    ") + "\n"
	parsed, err := configuration.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("upstream's parser: %v\n%s", err, text)
	}
	p, _ := parse(parsed.Storage.Parameters(), new(findings))
	s, warnings, err := Read(parsed.Storage.Parameters())
	return p, s, warnings, err
}

// TestEverythingThroughTheEnvironment: a configuration without a file's help, all keys given.
func TestEverythingThroughTheEnvironment(t *testing.T) {
	p, _, warnings, err := throughUpstream(t, "{}", map[string]string{
		"ACCOUNTNAME": "acc1", "ACCOUNTKEY": testKey, "CONTAINER": "registry", "REALM": "core.windows.net",
		"CONNECTIONSTRING": "AccountName=acc1", "SERVICEURL": "https://acc1.blob.core.windows.net",
		"ROOTDIRECTORY": "/r", "SKIPVERIFY": "yes", "LEGACYROOTPREFIX": "true", "CHUNKSIZE": "8388608",
		"MAX_RETRIES": "7", "MAX_RETRY_DELAY": "8s", "RETRY_DELAY": "1s", "RETRY_BUDGET": "9s",
		"TRY_TIMEOUT": "5s", "COPY_TIMEOUT": "6s",
		"CREDENTIALS_TYPE": "client_secret", "CREDENTIALS_CLIENTID": "i",
		"CREDENTIALS_TENANTID": "t", "CREDENTIALS_SECRET": "s",
		"UPLOADMEMORY": "134217728", "CREATE_CONTAINER": "true",
		"REDIRECTENDPOINT": "https://images.example.com", "REDIRECT_EXPIRY": "5m",
		"DEBUG_LOG": "true", // and DEBUG_LOG_EVENTS, for which the parser would forget it
	})
	if err != nil || len(warnings) != 2 {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	want := Parameters{
		AccountName: "acc1", AccountKey: testKey, Container: "registry", Realm: "core.windows.net",
		ConnectionString: "AccountName=acc1", ServiceURL: "https://acc1.blob.core.windows.net",
		RootDirectory: "/r", SkipVerify: true, LegacyRootPrefix: true, ChunkSize: 8 << 20,
		MaxRetries: 7, MaxRetryDelay: "8s", RetryDelay: "1s", RetryBudget: "9s",
		TryTimeout: "5s", CopyTimeout: "6s",
		Credentials:  Credentials{Type: CredentialsTypeClientSecret, ClientID: "i", TenantID: "t", Secret: "s"},
		UploadMemory: 128 << 20, CreateContainer: true,
		RedirectEndpoint: "https://images.example.com", RedirectExpiry: "5m",
		DebugLog: true,
	}
	if *p != want {
		t.Errorf("got  %+v\nwant %+v", *p, want)
	}
	for field, value := range reflect.ValueOf(want).Fields() {
		if value.IsZero() && field.Name != "DebugLogEvents" {
			t.Errorf("the field %s is not covered", field.Name)
		}
	}
}

// TestLowerCaseWins: of keys that differ in case only; the parser writes the environment's in
// lower case next to the file's.
func TestLowerCaseWins(t *testing.T) {
	for range 20 { // the order of a map's keys is random
		p, err := NewParameters(map[string]any{
			"Container": "no", "container": "yes", "CONTAINER": "no", "accountname": "acc1",
			"credentials": map[string]any{"clientID": "no", "clientid": "yes", "CLIENTID": "no"},
		})
		if err != nil || p.Container != "yes" || p.Credentials.ClientID != "yes" {
			t.Fatalf("got %+v, %v", p, err)
		}
	}
}

const minimalFile = "accountname: acc1\ncontainer: registry\n"

// TestEnvironmentOverFile: the environment's value wins over the file's, for keys with "_"
// and for the section credentials as well, where upstream loses it.
func TestEnvironmentOverFile(t *testing.T) {
	file := minimalFile + `
max_retries: 2
Retry_Delay: 1s
max_retry_delay: 20s
accountName: acc2
credentials:
  type: client_secret
  clientId: file-id
  tenantid: file-tenant
  secret: file-secret
`
	p, s, warnings, err := throughUpstream(t, file, map[string]string{
		"ACCOUNTNAME": "acc3", "MAX_RETRIES": "7", "RETRY_DELAY": "3s",
		"CREDENTIALS_SECRET": "env-secret", "CREDENTIALS_CLIENTID": "env-id",
	})
	if err != nil || len(warnings) != 0 {
		t.Fatalf("%v, warnings %v", err, warnings)
	}
	want := Parameters{
		AccountName: "acc3", Container: "registry", Realm: "core.windows.net", ServiceURL: "https://acc3.blob.core.windows.net",
		MaxRetries: 7, RetryDelay: "3s", MaxRetryDelay: "20s",
		Credentials: Credentials{Type: CredentialsTypeClientSecret, ClientID: "env-id", TenantID: "file-tenant", Secret: "env-secret"},
	}
	if *p != want {
		t.Errorf("got  %+v\nwant %+v", *p, want)
	}
	if s.Credentials != ClientSecret || s.Secret != "env-secret" {
		t.Errorf("settings: %+v", s)
	}
}

// TestTextThatYAMLTakesForSomethingElse: the variable's text is what counts.
func TestTextThatYAMLTakesForSomethingElse(t *testing.T) {
	for _, text := range []string{"0123", "12345", "0x53", "1_000", "1e5", "12345678901234567890123", "@x", "a #b", ".5", "'quoted'"} {
		for _, file := range []string{minimalFile, minimalFile + "credentials: {type: client_secret, clientid: i, tenantid: t}"} {
			t.Run(text, func(t *testing.T) {
				p, _, _, err := throughUpstream(t, file, map[string]string{
					"CREDENTIALS_TYPE": "client_secret", "CREDENTIALS_CLIENTID": "i", "CREDENTIALS_TENANTID": "t",
					"CREDENTIALS_SECRET": text, "ROOTDIRECTORY": text,
				})
				if err != nil {
					t.Fatal(err)
				}
				if want := strings.Trim(text, "'"); p.Credentials.Secret != want || p.RootDirectory != want {
					t.Errorf("%s arrived as secret %q and root directory %q", text, p.Credentials.Secret, p.RootDirectory)
				}
			})
		}
	}
}

// TestUnknownVariable: a variable that was split at its "_" is named as it was written.
func TestUnknownVariable(t *testing.T) {
	_, _, warnings, err := throughUpstream(t, minimalFile, map[string]string{"MAX_RETRYS": "7", "CREDENTIALS_SECRETS": "s"})
	if err != nil {
		t.Fatal(err)
	}
	wantWarnings(t, warnings,
		"storage.azure.credentials.secrets is ignored: is credentials.secret meant?",
		"storage.azure.max_retrys is ignored: is max_retries meant?")
}
