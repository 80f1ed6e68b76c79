package config

import (
	"reflect"
	"testing"
)

func TestConnectionString(t *testing.T) {
	malformed := connectionString{protocol: "malformed"}
	tests := map[string]struct {
		text string
		want connectionString
	}{
		"empty": {"", connectionString{}},
		"portal's": {
			keyString,
			connectionString{accountName: "acc1", accountKey: testKey, protocol: "https", endpointSuffix: "core.windows.net"},
		},
		"loosely written": {
			" accountname = acc1 ;; ACCOUNTKEY=" + testKey + ";\n",
			connectionString{accountName: "acc1", accountKey: testKey},
		},
		"key that ends in =": {
			"AccountName=acc1;AccountKey=a2V5cw==",
			connectionString{accountName: "acc1", accountKey: "a2V5cw=="},
		},
		"signature": {
			"BlobEndpoint=https://acc1.blob.core.windows.net;SharedAccessSignature=?" + sasSignature,
			connectionString{blobEndpoint: "https://acc1.blob.core.windows.net", sas: sasSignature},
		},
		"key and signature": {
			"AccountName=acc1;AccountKey=" + testKey + ";SharedAccessSignature=" + sasSignature,
			connectionString{accountName: "acc1", accountKey: testKey},
		},
		"other services": {
			"AccountName=acc1;AccountKey=" + testKey + ";QueueEndpoint=https://q;TableEndpoint=https://t;FileEndpoint=https://f",
			connectionString{accountName: "acc1", accountKey: testKey},
		},
		"emulator":           {"UseDevelopmentStorage=True", developmentStorage},
		"not the emulator":   {"UseDevelopmentStorage=false;AccountName=acc1", connectionString{accountName: "acc1"}},
		"emulator, old form": {"UseDevelopmentStorage=maybe", malformed},
		"emulator's proxy":   {"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://p", malformed},
		"no =":               {"AccountName=acc1;" + testKey, malformed},
		"twice":              {"AccountName=acc1;accountname=acc2", malformed},
		"other protocol":     {"DefaultEndpointsProtocol=ftp", malformed},
		"unsigned signature": {"SharedAccessSignature=sv=2024", malformed},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parseConnectionString(test.text)
			if err != nil {
				got = malformed
			}
			if got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

// TestMalformedConnectionStringIsOneProblem: what follows from it is not reported as well.
func TestMalformedConnectionStringIsOneProblem(t *testing.T) {
	_, _, err := Read(map[string]any{"container": "registry", "connectionstring": "AccountName acc1"})
	wantProblems(t, err, `connectionstring: part 1 has no "="`)
}

// TestStockReadsNoConnectionString: where the other parameters say all, the string changes
// nothing, whatever is in it.
func TestStockReadsNoConnectionString(t *testing.T) {
	type m = map[string]any
	others := []m{
		{"accountkey": testKey, "credentials": m{"type": "shared_key"}},
		{"credentials": m{"type": "default_credentials"}},
		{"credentials": m{"type": "client_secret", "clientid": "i", "tenantid": "t", "secret": "s"}},
	}
	for _, other := range others {
		want, _, _ := Read(section(other))
		for _, text := range []string{"malformed", sasString, "AccountName=other;AccountKey=b3RoZXI=;DefaultEndpointsProtocol=http", "UseDevelopmentStorage=true"} {
			other["connectionstring"] = text
			got, warnings, err := Read(section(other))
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%q: got %+v, %v\nwant %+v", text, got, err, want)
			}
			wantWarnings(t, warnings, "connectionstring: not used")
		}
	}
}
