package config

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
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
		"legacyrootprefix":     &p.LegacyRootPrefix,
	}
}

// parse reads the section storage.azure into Parameters. It is never nil, whatever the
// problems.
func parse(parameters map[string]any) (p *Parameters, userAgent string, unknown []unknownKey, problems []error) {
	p = &Parameters{}
	fields := p.fields()
	fields["useragent"] = &userAgent // set by upstream's application, not by people
	given, problems := flatten(parameters)
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if err := assign(fields[key], given[key]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", key, err))
		}
	}
	p.fillIn()
	return p, userAgent, findUnknown(given, fields), problems
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

// assign sets the field to the value, whose type is what the YAML parser saw in it. An empty
// value leaves the field alone, and a field of an unknown key is nil. Errors never repeat the value of a text field: it may be a
// secret, which is why mapstructure, whose errors do, is not used for these.
func assign(field, value any) error {
	v := reflect.Indirect(reflect.ValueOf(value))
	if !v.IsValid() {
		return nil
	}
	var err error
	switch field := field.(type) {
	case *string:
		*field, err = text(v)
	case *bool:
		*field, err = truth(v)
	case *int:
		var n int64
		n, err = whole(v, strconv.IntSize)
		*field = int(n)
	case *int64:
		*field, err = whole(v, 64)
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
		if v.Len() == 0 {
			return false, nil
		}
		b, err := strconv.ParseBool(v.String())
		if err != nil {
			return false, fmt.Errorf("expected true or false, got %q", v.String())
		}
		return b, nil
	default:
		return false, fmt.Errorf("expected true or false, got %s", kindOf(v))
	}
}

func whole(v reflect.Value, bits int) (int64, error) {
	var n int64
	switch {
	case v.Kind() == reflect.String:
		if v.Len() == 0 {
			return 0, nil
		}
		var err error
		if n, err = strconv.ParseInt(v.String(), 10, bits); err != nil {
			return 0, fmt.Errorf("expected a whole number, got %q", v.String())
		}
	case v.CanInt():
		n = v.Int()
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		n = int64(v.Uint())
	case v.CanFloat() && v.Float() == math.Trunc(v.Float()) && math.Abs(v.Float()) < 1<<53:
		n = int64(v.Float()) // how JSON gives whole numbers
	default:
		return 0, fmt.Errorf("expected a whole number, got %s", kindOf(v))
	}
	if n<<(64-bits)>>(64-bits) != n {
		return 0, errors.New("expected a whole number, got one that is too large")
	}
	return n, nil
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
