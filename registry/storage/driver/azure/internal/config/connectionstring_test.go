package config

import "testing"

func TestConnectionString(t *testing.T) {
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
		"emulator, old form": {"UseDevelopmentStorage=maybe", connectionString{malformed: true}},
		"emulator's proxy":   {"UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://p", connectionString{malformed: true}},
		"no =":               {"AccountName=acc1;" + testKey, connectionString{malformed: true}},
		"twice":              {"AccountName=acc1;accountname=acc2", connectionString{malformed: true}},
		"other protocol":     {"DefaultEndpointsProtocol=ftp", connectionString{protocol: "ftp", malformed: true}},
		"unsigned signature": {"SharedAccessSignature=sv=2024", connectionString{sas: "sv=2024", malformed: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var problems problems
			if got := parseConnectionString(test.text, &problems); got != test.want {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
			if (len(problems) == 1) != test.want.malformed || len(problems) > 1 {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

// TestMalformedConnectionStringIsOneProblem: what follows from it is not reported as well.
func TestMalformedConnectionStringIsOneProblem(t *testing.T) {
	_, _, err := Read(map[string]any{"container": "c1", "connectionstring": "AccountName acc1"})
	wantProblems(t, err, `connectionstring: part 1 has no "="`)
}
