package doctor

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"

	"github.com/distribution/distribution/v3/configuration"
	"go.yaml.in/yaml/v2"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
)

// examine makes all checks of the configuration at path.
func (f *flags) examine(ctx context.Context, path string, p *progress) Report {
	r := Report{Schema: SchemaVersion, Config: path, Settings: []azure.Setting{}}
	config, row := read(path)
	r.add("configuration file", row)
	if config != nil {
		found := azure.Examine(ctx, config.Storage.Parameters(), azure.Options{
			File: sectionIn(path), Environ: os.Environ(), Service: f.service, Redirects: redirects(config), Progress: p.show,
		})
		r.Checks, r.Settings, r.Answers = append(r.Checks, found.Rows...), found.Settings, found.Answers
		examineRegistry(&r, config)
		if f.replica != "" {
			compare(&r, config, f.replica)
		}
	}
	r.Result = azure.Worst(r.Checks)
	if ctx.Err() != nil {
		r.Result = azure.Failed
	}
	return r
}

// read reads a configuration as serve does, and says what it is about, or what is wrong.
func read(path string) (config *configuration.Configuration, row azure.Row) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, azure.Row{
			Result: azure.Failed, Found: plainPathError(err), Means: "there is no configuration to serve with",
			Do: "give the path of the file that serve is given",
		}
	}
	defer func() { _ = file.Close() }() // it was only read
	// Two storage drivers make upstream's parser panic.
	defer func() {
		if said := recover(); said != nil {
			config, row = nil, unread(fmt.Sprint(said))
		}
	}()
	config, err = configuration.Parse(file)
	if err != nil {
		return nil, unread(err.Error())
	}
	if kind := config.Storage.Type(); !slices.Contains(kinds, kind) {
		return nil, azure.Row{
			Result: azure.Failed, Found: fmt.Sprintf("%s: storage is %s", path, kind), Means: "doctor knows storage on Azure only",
			Do: "put the section azure into storage, in place of " + kind,
		}
	}
	return config, azure.Row{Result: azure.OK, Found: path + ": storage is " + config.Storage.Type()}
}

// sectionIn is the storage's section as it stands in a file that could be parsed.
func sectionIn(path string) map[string]any {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	var file struct {
		Storage map[string]map[string]any
	}
	if err != nil || yaml.Unmarshal(text, &file) != nil {
		return nil
	}
	for _, kind := range kinds {
		if section := file.Storage[kind]; section != nil {
			return section
		}
	}
	return nil
}

// kinds are the names of the driver in the configuration.
var kinds = []string{"azure", "azure_v2"}

// quoted is what YAML's errors repeat of the text, which may be a secret.
var quoted = regexp.MustCompile("`[^`]*`")

func unread(problem string) azure.Row {
	return azure.Row{
		Result: azure.Failed, Found: quoted.ReplaceAllString(problem, "`...`"), Means: "serve can't read the configuration (file and REGISTRY_ variables together)",
		Do: "correct the line or the variable that is named; docs/configuration.md has an example",
	}
}

func plainPathError(err error) string {
	return "reading the configuration: " + err.Error()
}
