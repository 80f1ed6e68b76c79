package doctor

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// configure reads the section and reports what is wrong with it, and false if nothing
// more can be tried. Problems come first: a registry doesn't start with one.
func (x *examination) configure(parameters map[string]any) bool {
	const name = "configuration"
	s, warnings, err := config.Read(parameters)
	var wrong *config.Error
	switch {
	case errors.As(err, &wrong):
		for _, problem := range wrong.Problems {
			x.add(name, failed(problem.Error(), "the registry does not start with it", x.mend(problem.Error())))
		}
	case err != nil:
		x.add(name, failed(err.Error(), "the registry does not start with it", "correct the section storage.azure"))
	}
	slices.SortStableFunc(warnings, func(a, b config.Warning) int { return cmp.Compare(explains(a), explains(b)) })
	for _, w := range warnings {
		x.add(name, warning(w.Text, "the registry starts, but not as the configuration says", x.mend(strings.TrimPrefix(w.Text, "storage.azure."))))
	}
	if err == nil {
		err = x.open(s)
		if err != nil {
			x.add(name, failed(err.Error(), "the registry does not start with it", "correct the section storage.azure"))
		}
	}
	if err != nil {
		return false
	}
	if len(warnings) == 0 {
		x.add(name, ok(fmt.Sprintf("container %s of account %s, with %s", s.Container, x.accountName(), s.Credentials)))
	}
	x.checkSettings()
	return true
}

// explains ranks a warning: that a credential is empty explains what there is to say of
// those that take its place.
func explains(w config.Warning) int {
	if strings.Contains(w.Text, "set but empty") {
		return 0
	}
	return 1
}

// accountName is for people. A signature's connection string may name none; then it is where
// it is in the account's address.
func (x *examination) accountName() string {
	label, _, _ := strings.Cut(x.host.Hostname(), ".")
	name := cmp.Or(x.settings.AccountName, strings.Trim(x.host.Path, "/"), label)
	if !accountNames.MatchString(name) {
		return "ACCOUNT" // it may be a key in the wrong place
	}
	return name
}

// accountNames is more than Azure allows, since emulators have other names.
var accountNames = regexp.MustCompile(`^[A-Za-z0-9._-]{1,63}$`)

var (
	meant = regexp.MustCompile(`is "?([^"\s]+?)"? meant\?`)
	keyOf = regexp.MustCompile(`^(?:unknown parameter storage\.azure\.)?([a-z_.]+(?:, [a-z_.]+)*)`)
)

// mend is remedy, and that the file is the wrong place if the environment says the value.
func (x *examination) mend(text string) string {
	do := remedy(text)
	if m := keyOf.FindStringSubmatch(text); m != nil {
		if from := x.said(m[1]); from != "" {
			do += ": the value is" + strings.NewReplacer("(", "", ")", "").Replace(from) + ", which wins over the file"
		}
	}
	return do
}

// remedy is the setting that mends what a message of the configuration's reader says.
func remedy(text string) string {
	key := "the key"
	if m := keyOf.FindStringSubmatch(text); m != nil {
		key = strings.TrimPrefix(m[1], "storage.azure.")
	}
	suggestion := meant.FindStringSubmatch(text)
	switch {
	case strings.HasPrefix(text, "unknown parameter") && suggestion != nil:
		return fmt.Sprintf("write %s in place of %s", suggestion[1], strings.TrimSuffix(strings.Fields(text)[2], ":"))
	case strings.HasPrefix(text, "unknown parameter"):
		return "remove " + strings.Fields(text)[2]
	case suggestion != nil:
		return fmt.Sprintf("set %s: %s", key, suggestion[1])
	case strings.Contains(text, "privatelink"):
		return "remove privatelink from " + key + ": the account's usual address leads to a private endpoint"
	case strings.Contains(text, "is a URL"):
		return "set container to the name behind the URL's last slash"
	case strings.Contains(text, "set but empty"):
		return "fill " + key + " (the variable " + variable(key) + " or the file), or remove it"
	case strings.Contains(text, "not used"):
		return "remove " + key + ", or the credentials that take its place"
	case strings.HasPrefix(text, "serviceurl: has a path"):
		return "set serviceurl to its scheme and host alone, and container to the container's name"
	case strings.Contains(text, "missing"):
		return "set " + key + " (or " + variable(key) + ")"
	}
	return "correct " + key + " in storage.azure (or " + variable(key) + ")"
}

// variable is the one of the environment that sets a key.
func variable(key string) string {
	first, _, _ := strings.Cut(key, ", ")
	return "REGISTRY_STORAGE_AZURE_" + strings.ToUpper(strings.ReplaceAll(first, ".", "_"))
}

const (
	shortTry, longTry = time.Second, 2 * time.Minute
	longBudget        = 15 * time.Minute
)

// checkSettings looks for values that are allowed and make no sense.
func (x *examination) checkSettings() {
	s := x.settings
	warn := func(found, means, do string) { x.add("settings", warning(found, means, do)) }
	before := len(x.rows)
	switch {
	case s.RetryBudget < 2*s.TryTimeout:
		warn(fmt.Sprintf("retry_budget %s is less than twice try_timeout, %s", s.RetryBudget, s.TryTimeout),
			"a request that stalls once is not sent again: pushes fail for a single lost answer", fmt.Sprintf("set retry_budget: %s", max(3*time.Minute, 6*s.TryTimeout)))
	case s.RetryBudget > longBudget:
		warn(fmt.Sprintf("retry_budget is %s", s.RetryBudget),
			"clients and balancers give up after minutes, while the registry goes on", "set retry_budget: 3m")
	}
	switch {
	case s.MaxRetries == 0:
		warn("max_retries is less than zero: no request is sent again", "a push fails for a single lost answer", "remove max_retries, or set it to 5")
	case s.MaxRetries > 100:
		warn(fmt.Sprintf("max_retries is %d", s.MaxRetries), "only retry_budget ends a call then", "remove max_retries, or set it to 5")
	}
	switch {
	case s.TryTimeout < shortTry:
		warn(fmt.Sprintf("try_timeout is %s", s.TryTimeout), "requests are given up that would be answered", "set try_timeout: 10s")
	case s.TryTimeout > longTry:
		warn(fmt.Sprintf("try_timeout is %s", s.TryTimeout), "a connection that stalls is noticed as late as that", "set try_timeout: 10s")
	}
	if s.UploadMemory < 2*int64(s.ChunkSize) {
		warn(fmt.Sprintf("uploadmemory %d is less than two blocks of chunksize %d", s.UploadMemory, s.ChunkSize),
			"an upload can't store one block while the next comes in", fmt.Sprintf("set uploadmemory: %d", 8*int64(s.ChunkSize)))
	}
	if len(x.rows) == before {
		x.add("settings", ok(fmt.Sprintf("chunksize %d MiB, try_timeout %s, retry_budget %s, max_retries %d", s.ChunkSize>>20, s.TryTimeout, s.RetryBudget, s.MaxRetries)))
	}
}
