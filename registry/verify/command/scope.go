package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/spf13/pflag"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// scope is the flags, common to both commands, that say what to look at.
type scope struct {
	concurrency           int
	repositories, digests []string
	uploadAge             time.Duration
}

func (s *scope) register(flags *pflag.FlagSet) {
	flags.IntVar(&s.concurrency, "concurrency", 8, "how many files to read at a time")
	flags.StringArrayVar(&s.repositories, "repository", nil, "look only at this repository; may have wildcards and be repeated")
	flags.StringArrayVar(&s.digests, "digest", nil, "look only at this blob or manifest; may be repeated")
	flags.DurationVar(&s.uploadAge, "upload-age", 168*time.Hour, "how old an unfinished upload must be to be reported")
}

// options reads the flags. Its error names every one that is wrong.
func (s *scope) options() (verify.Options, error) {
	o := verify.Options{Concurrency: s.concurrency, Repositories: s.repositories, UploadAge: s.uploadAge}
	var wrong error
	if s.concurrency < 1 {
		wrong = fmt.Errorf("--concurrency: %d is less than 1", s.concurrency)
	}
	if s.uploadAge <= 0 {
		wrong = errors.Join(wrong, fmt.Errorf("--upload-age: %s is not more than 0", s.uploadAge))
	}
	var err error
	if o.Digests, err = parseDigests(s.digests); err != nil {
		wrong = errors.Join(wrong, fmt.Errorf("--digest: %w", err))
	}
	return o, wrong
}

// configure adds what the registry's configuration says.
func (s *scope) configure(ctx context.Context, o *verify.Options, config *configuration.Configuration) (err error) {
	o.Proxy = config.Proxy.RemoteURL != ""
	o.OptionalChild = optionalChild(config.Validation)
	o.Elsewhere, err = openElsewhere(ctx, config)
	return err
}

// optionalChild tells which images the registry doesn't ask for when an index is
// pushed; nil if it asks for all (NewApp in upstream's handlers/app.go).
func optionalChild(v configuration.Validation) func(os, architecture string) bool {
	indexes := v.Manifests.Indexes
	switch {
	case v.Disabled && !v.Enabled, indexes.Platforms == "none":
		return func(string, string) bool { return true }
	case indexes.Platforms == "list" && len(indexes.PlatformList) > 0:
		return func(os, architecture string) bool {
			return !slices.Contains(indexes.PlatformList, configuration.Platform{Architecture: architecture, OS: os})
		}
	}
	return nil
}

// registerReport adds the flags that say where the report goes.
func registerReport(flags *pflag.FlagSet, format, output *string) {
	flags.StringVar(format, "format", "table", "table or json")
	flags.StringVar(output, "output", "", "write the report to this file instead of standard output")
}

func checkFormat(format string) error {
	if format != "table" && format != "json" {
		return fmt.Errorf("%q is neither table nor json", format)
	}
	return nil
}
