package config

import (
	"fmt"
	"strings"
	"testing"

	"go.yaml.in/yaml/v2"
)

// marker stands for secrets. It is a number, so that YAML can make one of it.
const marker = "918273645546372819"

// shapes are what a secret may look like to the driver after somebody's mistake.
var shapes = []any{
	marker,
	uint64(918273645546372819),
	918273645546372819.5,
	[]any{marker},
	[]byte(marker),
	[]string{marker},
	map[any]any{"value": marker},
	map[any]any{int64(918273645546372819): marker},
	map[string]any{"value": []any{marker}},
	struct{ Secret string }{marker},
	&struct{ Secret *string }{new(string)},
	"https://acc1.blob.core.windows.net/?sig=" + marker,
	"https://user:" + marker + "@acc1.blob.core.windows.net",
	"https://" + marker + "%zz",
	"://" + marker,
	"\x7f" + marker + "\n",
	"AccountName=acc1;AccountKey=" + marker,
	"AccountName=acc1 AccountKey=" + marker,
	"AccountName=acc1;AccountKey=" + marker + "!",
	"AccountName;AccountKey:" + marker,
	"BlobEndpoint=https://a/?" + marker + ";SharedAccessSignature=" + marker,
	"SharedAccessSignature=sig=%zz" + marker,
}

var secretKeys = []string{"accountkey", "connectionstring", "serviceurl", "credentials", "secret", "type of credentials"}

// FuzzRead: whatever the section storage.azure says, Read doesn't panic, and what
// it reports has no secret in it.
func FuzzRead(f *testing.F) {
	for key := range secretKeys {
		for shape := range shapes {
			f.Add("{accountname: acc1, container: c1}", uint8(key), uint8(shape), "")
		}
	}
	f.Add("{max: {retries: 1}, credentials: {type: shared_key, 1: 2}, chunksize: [x]}", uint8(0), uint8(0), "acc1;=")
	f.Add("{connectionstring: a, credentials: {type: client_secret}, retry_delay: -1}", uint8(1), uint8(3), "AccountName=a;AccountKey=")
	f.Fuzz(func(t *testing.T, text string, key, shape uint8, before string) {
		var parameters map[string]any
		if err := yaml.Unmarshal([]byte(text), &parameters); err != nil || strings.Contains(text, marker) || strings.Contains(before, marker) {
			return
		}
		if parameters == nil {
			parameters = make(map[string]any)
		}
		secret := shapes[int(shape)%len(shapes)]
		if word, ok := secret.(string); ok {
			secret = before + word
		}
		plant(parameters, secretKeys[int(key)%len(secretKeys)], secret)
		_, warnings, err := Read(parameters)
		checkSecret(t, parameters, err, warnings)
		p, err := NewParameters(parameters)
		checkSecret(t, parameters, err, nil)
		if err == nil {
			_, warnings, err = Interpret(p)
			checkSecret(t, parameters, err, warnings)
		}
	})
}

// plant puts the secret under the key into the parameters.
func plant(parameters map[string]any, key string, secret any) {
	section, _ := parameters["credentials"].(map[any]any)
	if section == nil {
		section = make(map[any]any)
	}
	switch key {
	case "secret":
		section["secret"] = secret
		parameters["credentials"] = section
	case "type of credentials":
		// Text is repeated: that is what a type is for.
		if _, isText := secret.(string); !isText {
			section["type"] = []any{secret}
			parameters["credentials"] = section
		}
	default:
		parameters[key] = secret
	}
}

func checkSecret(t *testing.T, parameters map[string]any, err error, warnings []Warning) {
	t.Helper()
	report := fmt.Sprint(err)
	for _, warning := range warnings {
		report += " " + warning.Key + " " + warning.Text
	}
	// The first digits are what is left when a number has been rounded: 9.18273645546e+17.
	if strings.Contains(strings.ReplaceAll(report, ".", ""), marker[:12]) {
		t.Errorf("the secret is in %q, made of %v", report, parameters)
	}
}
