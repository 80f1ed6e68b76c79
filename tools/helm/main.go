// Command helm renders a chart as `helm template` does, with Helm's own engine,
// and decodes each object as strictly as `kubectl apply --validate=strict` does.
// The whole client is three times the program and nothing else of it is needed.
//
//	helm CHART [VALUES.yaml ...] [KEY=VALUE ...]
//
// Later values win, as with -f and --set. A value that the chart's templates
// don't read is an error.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/strvals"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: helm CHART [VALUES.yaml ...] [KEY=VALUE ...]")
		os.Exit(2)
	}
	if err := render(os.Args[1], os.Args[2:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "helm:", err)
		os.Exit(1)
	}
}

func render(chartDir string, given []string, out io.Writer) error {
	source, err := loader.Load(chartDir)
	if err != nil {
		return err
	}
	values, err := merge(given)
	if err != nil {
		return err
	}
	if missed := unread(source, values); len(missed) > 0 {
		return fmt.Errorf("no template of the chart reads %s", strings.Join(missed, ", "))
	}
	release := chartutil.ReleaseOptions{Name: "registry", Namespace: "default", IsInstall: true, Revision: 1}
	all, err := chartutil.ToRenderValues(source, values, release, nil)
	if err != nil {
		return err
	}
	manifests, err := engine.Render(source, all)
	if err != nil {
		return err
	}
	strict := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, name := range slices.Sorted(maps.Keys(manifests)) {
		text := strings.TrimSpace(manifests[name])
		if text == "" || strings.HasPrefix(path.Base(name), "_") || path.Base(name) == "NOTES.txt" {
			continue
		}
		if _, _, err := strict.Decode([]byte(text), nil, nil); err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, text)
		}
		fmt.Fprintf(out, "---\n# Source: %s\n%s\n", name, text)
	}
	return nil
}

// unread returns those of the values given that no template of the chart reads,
// neither themselves nor as part of what is above them. Helm passes over them
// without a word.
func unread(c *chart.Chart, values map[string]any) []string {
	var text strings.Builder
	for _, template := range c.Templates {
		text.Write(template.Data)
		text.WriteByte('\n')
	}
	var missed []string
	var walk func(key string, value any)
	walk = func(key string, value any) {
		if regexp.MustCompile(`\.Values` + regexp.QuoteMeta(key) + `(?:[^\w.]|$)`).MatchString(text.String()) {
			return
		}
		below, isMap := value.(map[string]any)
		if !isMap {
			missed = append(missed, strings.TrimPrefix(key, "."))
		}
		for _, name := range slices.Sorted(maps.Keys(below)) {
			walk(key+"."+name, below[name])
		}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		walk("."+name, values[name])
	}
	return missed
}

// merge lays values files and single settings over one another.
func merge(given []string) (map[string]any, error) {
	values := map[string]any{}
	for _, item := range given {
		if strings.Contains(item, "=") {
			if err := strvals.ParseInto(item, values); err != nil {
				return nil, fmt.Errorf("%s: %w", item, err)
			}
			continue
		}
		file, err := chartutil.ReadValuesFile(item)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", item, err)
		}
		values = chartutil.MergeTables(file, values)
	}
	return values, nil
}
