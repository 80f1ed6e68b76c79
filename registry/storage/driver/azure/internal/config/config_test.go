package config

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// section is a section storage.azure that is complete, with changes.
func section(changes map[string]any) map[string]any {
	s := map[string]any{"accountname": "acc1", "container": "registry"}
	maps.Copy(s, changes)
	return s
}

// wantProblems checks that err is a *Error with one problem for each of the texts, in
// any order, each containing its text.
func wantProblems(t *testing.T, err error, texts ...string) {
	t.Helper()
	if len(texts) == 0 {
		if err != nil {
			t.Errorf("unexpected error: %v", err)
		}
		return
	}
	config, ok := errors.AsType[*Error](err)
	if !ok {
		t.Errorf("got error %v, expected a Error about %q", err, texts)
		return
	}
	if len(config.Problems) != len(texts) {
		t.Errorf("%d problems, expected %d, in %q", len(config.Problems), len(texts), err)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("no %q in %q", text, err)
		}
	}
}

// wantWarnings checks that there is one warning for each of the texts, in order, each
// containing its text.
func wantWarnings(t *testing.T, warnings []Warning, texts ...string) {
	t.Helper()
	if len(warnings) != len(texts) {
		t.Errorf("%d warnings, expected %d: %v", len(warnings), len(texts), warnings)
		return
	}
	for i, text := range texts {
		if !strings.Contains(warnings[i].Text, text) {
			t.Errorf("no %q in %q", text, warnings[i].Text)
		}
	}
}

// TestNewParametersAsUpstream: what upstream's NewParameters makes of these, ours does too.
func TestNewParametersAsUpstream(t *testing.T) {
	base := Parameters{
		AccountName: "acc1", Container: "registry",
		Realm: "core.windows.net", ServiceURL: "https://acc1.blob.core.windows.net",
		MaxRetries: 5, RetryDelay: "100ms",
	}
	tests := map[string]struct {
		changes map[string]any
		want    func(*Parameters)
	}{
		"defaults": {nil, func(*Parameters) {}},
		"a key that is no key, retries": {
			map[string]any{"accountkey": "k1", "max_retries": 1, "retry_delay": "10ms"},
			func(p *Parameters) { p.AccountKey, p.MaxRetries, p.RetryDelay = "k1", 1, "10ms" },
		},
		"type as given": {
			map[string]any{"credentials": map[string]any{"type": "default"}},
			func(p *Parameters) { p.Credentials.Type = "default" },
		},
		"client secret, YAML's kind of map": {
			map[string]any{"credentials": map[any]any{"type": "client_secret", "clientid": "i", "tenantid": "t", "secret": "s"}},
			func(p *Parameters) {
				p.Credentials = Credentials{Type: CredentialsTypeClientSecret, ClientID: "i", TenantID: "t", Secret: "s"}
			},
		},
		"credentials as a struct": {
			map[string]any{"credentials": Credentials{Type: CredentialsTypeDefault}},
			func(p *Parameters) { p.Credentials.Type = CredentialsTypeDefault },
		},
		"other cloud": {
			map[string]any{"realm": "core.chinacloudapi.cn"},
			func(p *Parameters) {
				p.Realm, p.ServiceURL = "core.chinacloudapi.cn", "https://acc1.blob.core.chinacloudapi.cn"
			},
		},
		"explicit address, keys in any case": {
			map[string]any{"serviceURL": "http://localhost:10000/acc1", "SkipVerify": true, "rootDirectory": "/r"},
			func(p *Parameters) {
				p.ServiceURL, p.SkipVerify, p.RootDirectory = "http://localhost:10000/acc1", true, "/r"
			},
		},
		"no retries": {
			map[string]any{"max_retries": -1},
			func(p *Parameters) { p.MaxRetries = -1 },
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := base
			test.want(&want)
			got, err := NewParameters(section(test.changes))
			if err != nil {
				t.Fatal(err)
			}
			if *got != want {
				t.Errorf("got  %+v\nwant %+v", *got, want)
			}
		})
	}
	for _, parameters := range []map[string]any{nil, {}, {"accountname": "acc1"}, {"container": "registry"}} {
		if p, err := NewParameters(parameters); err == nil || p != nil {
			t.Errorf("%v: got %v, %v; expected an error and nothing else", parameters, p, err)
		}
	}
}

// TestDefaults: parameters that somebody built in Go without NewParameters have them as well.
func TestDefaults(t *testing.T) {
	fromParameters, _, err := Interpret(&Parameters{AccountName: "acc1", Container: "registry"})
	if err != nil {
		t.Fatal(err)
	}
	fromFile, _, err := Read(section(map[string]any{"useragent": "distribution/v3"}))
	if err != nil {
		t.Fatal(err)
	}
	if fromFile.UserAgent != "distribution/v3" {
		t.Errorf("user agent %q", fromFile.UserAgent)
	}
	fromFile.UserAgent = ""
	want := Settings{
		Credentials: AmbientIdentity,
		AccountName: "acc1",
		ServiceURL:  "https://acc1.blob.core.windows.net",
		Container:   "registry",
		MaxRetries:  5,
		RetryDelay:  100 * time.Millisecond, MaxRetryDelay: 30 * time.Second,
		TryTimeout: 10 * time.Second, RetryBudget: 3 * time.Minute, CopyTimeout: 15 * time.Minute,
		ChunkSize: 16 << 20, UploadMemory: 256 << 20, RedirectExpiry: 20 * time.Minute,
	}
	for _, got := range []Settings{fromParameters, fromFile} {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

// TestEveryProblemAtOnce: nobody should have to start the registry once for each mistake.
func TestEveryProblemAtOnce(t *testing.T) {
	_, warnings, err := Read(map[string]any{
		"accountname": "acc1",
		"contianer":   "registry",
		"accountkey":  "not base64!",
		"credentials": map[any]any{"type": "shared_key"},
		"serviceurl":  "acc1.blob.core.windows.net",
		"retry_delay": "soon",
		"skipverify":  "perhaps",
		"max_retries": "many",
	})
	wantProblems(t, err,
		"container: missing",
		"accountkey: not base64",
		"serviceurl: not a URL like",
		`retry_delay: "soon" is not a duration`,
		`skipverify: expected true or false, got "perhaps"`,
		`max_retries: expected a whole number, got "many"`,
	)
	if !strings.HasPrefix(err.Error(), "azure: invalid configuration: ") || strings.Contains(err.Error(), "\n") {
		t.Errorf("not one line that says what it is about: %q", err)
	}
	wantWarnings(t, warnings, "unknown parameter storage.azure.contianer is ignored: is container meant?")
	if !errors.Is(err, errMissing) {
		t.Error("the problems can't be found with errors.Is")
	}
}

// TestWhatStockIgnoresIsNoError: stock's driver starts with any value of a key that it
// doesn't know.
func TestWhatStockIgnoresIsNoError(t *testing.T) {
	values := []any{"soon", "-1s", "0s", -1, 1.5, true, []any{"x"}, map[any]any{"x": "y"}, "://", "16MiB", "https://u:p@h/?q"}
	for _, key := range slices.Concat(slices.Collect(maps.Keys(aliases)), ours) {
		if key == "secret" || key == "credentialstype" {
			continue // stock's driver doesn't start without a type
		}
		for _, value := range values {
			if _, _, err := Read(section(map[string]any{key: value})); err != nil {
				t.Errorf("%s: %v: %v", key, value, err)
			}
		}
	}
}

// TestSettingsChecksTheAccountKey: what NewParameters lets through must not get past New.
func TestSettingsChecksTheAccountKey(t *testing.T) {
	p, err := NewParameters(section(map[string]any{"accountkey": "k1"}))
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Interpret(p)
	wantProblems(t, err, "accountkey: not base64")
}

// TestFieldsAndTags: the keys that are read are those of the struct's tags, and each sets its
// own field.
func TestFieldsAndTags(t *testing.T) {
	var p Parameters
	fields := p.fields()
	seen := 0
	var visit func(v reflect.Value, prefix string)
	visit = func(v reflect.Value, prefix string) {
		for field, value := range v.Fields() {
			key := prefix + field.Tag.Get("mapstructure")
			if field.Type.Kind() == reflect.Struct {
				visit(value, key+".")
				continue
			}
			seen++
			pointer := reflect.ValueOf(fields[key])
			if !pointer.IsValid() || pointer.Pointer() != value.Addr().Pointer() {
				t.Errorf("key %q does not set the field %s", key, field.Name)
			}
		}
	}
	visit(reflect.ValueOf(&p).Elem(), "")
	if seen != len(fields) {
		t.Errorf("%d fields have tags, but %d keys are read", seen, len(fields))
	}
}
