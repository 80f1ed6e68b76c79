package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// fields returns every key of the section storage.azure with a pointer to what it sets.
func (p *Parameters) fields() map[string]any {
	return map[string]any{
		"credentials.type":     (*string)(&p.Credentials.Type),
		"credentials.clientid": &p.Credentials.ClientID,
		"credentials.tenantid": &p.Credentials.TenantID,
		"credentials.secret":   &p.Credentials.Secret,
		"container":            &p.Container,
		"accountname":          &p.AccountName,
		"accountkey":           &p.AccountKey,
		"connectionstring":     &p.ConnectionString,
		"realm":                &p.Realm,
		"rootdirectory":        &p.RootDirectory,
		"serviceurl":           &p.ServiceURL,
		"max_retries":          &p.MaxRetries,
		"retry_delay":          &p.RetryDelay,
		"skipverify":           &p.SkipVerify,
		"try_timeout":          &p.TryTimeout,
		"max_retry_delay":      &p.MaxRetryDelay,
		"retry_budget":         &p.RetryBudget,
		"copy_timeout":         &p.CopyTimeout,
		"chunksize":            &p.ChunkSize,
		"uploadmemory":         &p.UploadMemory,
		"legacyrootprefix":     &p.LegacyRootPrefix,
		"create_container":     &p.CreateContainer,
		"redirectendpoint":     &p.RedirectEndpoint,
		"redirect_expiry":      &p.RedirectExpiry,
		"debug_log":            &p.DebugLog,
		"debug_log_events":     &p.DebugLogEvents,
	}
}

// ours are the keys that stock's driver doesn't know. The last is given by upstream's
// application, not by people, and stock's azure driver ignores it.
var ours = []string{
	"try_timeout", "max_retry_delay", "retry_budget", "copy_timeout", "chunksize", "uploadmemory",
	"legacyrootprefix", "create_container", "redirectendpoint", "redirect_expiry",
	"debug_log", "debug_log_events", "useragent",
}

// asides is what the section says that is no parameter.
type asides struct {
	userAgent string
	empty     []string // keys that are there without a value
}

// parse reads the section storage.azure into Parameters. They are never nil, whatever there
// is to say about them.
func parse(parameters map[string]any, found *findings) (*Parameters, asides) {
	p, rest := &Parameters{}, asides{}
	fields := p.fields()
	fields["useragent"] = &rest.userAgent
	given := flatten(parameters, found)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		value, name := given[key], canonical(key, fields)
		switch {
		case name == "":
			warnUnknown(key, value, fields, found)
		case isEmpty(value):
			rest.empty = append(rest.empty, name)
		case name != key && !isEmpty(given[name]):
			found.warn(key, "ignored, since %s is given", name)
		default:
			read(key, name, value, fields[name], found)
		}
	}
	p.fillIn()
	return p, rest
}

// read sets the field of the parameter called name, which is given under key.
func read(key, name string, value, field any, found *findings) {
	err := assign(field, value)
	if legacy, ok := field.(*bool); ok && err == nil && strings.ReplaceAll(key, "_", "") == trimLegacyRootPrefix {
		*legacy = !*legacy
	}
	switch stocks := key == name && !slices.Contains(ours, key); {
	case err == nil:
	case stocks:
		found.reject(key, "%w", err)
	default:
		found.warn(key, "%v; it is ignored", err)
	}
}

// isEmpty reports whether a key is there without a value.
func isEmpty(value any) bool {
	v := reflect.Indirect(reflect.ValueOf(value))
	return !v.IsValid() || v.Kind() == reflect.String && v.Len() == 0
}

// fillIn sets the defaults that upstream's NewParameters sets. Next to a connection string
// the realm and the service URL stay as they are: the string may have its own.
func (p *Parameters) fillIn() {
	if p.ConnectionString == "" {
		if p.Realm == "" {
			p.Realm = defaultRealm
		}
		if p.ServiceURL == "" && p.AccountName != "" {
			p.ServiceURL = serviceURLOf("https", p.AccountName, p.Realm)
		}
	}
	if p.MaxRetries == 0 {
		p.MaxRetries = defaultMaxRetries
	}
	if p.RetryDelay == "" {
		p.RetryDelay = defaultRetryDelay.String()
	}
}

// assign sets the field to the value, whose type is what the YAML parser saw in it. Errors
// never repeat the value of a text field: it may be a secret, which is why mapstructure, whose
// errors do, is not used for these.
func assign(field, value any) error {
	v := reflect.Indirect(reflect.ValueOf(value))
	var err error
	switch field := field.(type) {
	case *string:
		*field, err = text(v)
	case *bool:
		*field, err = truth(v)
	case *int:
		var n int64
		n, err = whole(v)
		*field = int(min(max(n, math.MinInt), math.MaxInt))
	case *int64:
		*field, err = whole(v)
	}
	return err
}

// text takes numbers too, since an account named 12345 is one to YAML. What YAML has already
// changed beyond recovery is refused: 1e5 and yes could have been written in several ways.
// A whole number could have been as well (0123, 0x53 and 83 are the same), but decimal is
// nearly always what it was.
func text(v reflect.Value) (string, error) {
	switch {
	case v.Kind() == reflect.String:
		return v.String(), nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), nil
	case v.CanFloat(), v.Kind() == reflect.Bool:
		return "", fmt.Errorf("expected text, got %s; put it in quotes", kindOf(v))
	default:
		return "", fmt.Errorf("expected text, got %s", kindOf(v))
	}
}

func truth(v reflect.Value) (bool, error) {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.String:
		b, err := strconv.ParseBool(v.String())
		if err != nil {
			return false, fmt.Errorf("expected true or false, got %q", v.String())
		}
		return b, nil
	default:
		return false, fmt.Errorf("expected true or false, got %s", kindOf(v))
	}
}

// whole reads a whole number; one that is too large becomes the largest, and what stands
// behind the point is dropped, as upstream does it.
func whole(v reflect.Value) (int64, error) {
	switch {
	case v.Kind() == reflect.String:
		n, err := strconv.ParseInt(v.String(), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("expected a whole number, got %q", v.String())
		}
		return n, nil
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint():
		return int64(min(v.Uint(), math.MaxInt64)), nil //nolint:gosec // bounded
	case v.CanFloat() && math.IsNaN(v.Float()):
		return 0, nil
	case v.CanFloat():
		return int64(min(max(v.Float(), -1<<53), 1<<53)), nil
	default:
		return 0, fmt.Errorf("expected a whole number, got %s", kindOf(v))
	}
}

// kindOf names the kind of a value in the terms of a configuration file.
func kindOf(v reflect.Value) string {
	switch {
	case v.CanInt(), v.CanUint():
		return "a number"
	case v.CanFloat():
		return "a number with a point or an exponent"
	}
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a mapping"
	default:
		return "something else"
	}
}
