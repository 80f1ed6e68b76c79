// Command helm renders a chart as `helm template` does, with Helm's own engine,
// and decodes each object as strictly as `kubectl apply --validate=strict` does.
// The whole client is three times the program and nothing else of it is needed.
//
//	helm CHART [VALUES.yaml ...] [KEY=VALUE ...]
//
// Later values win, as with -f and --set.
package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

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
	chart, err := loader.Load(chartDir)
	if err != nil {
		return err
	}
	values, err := merge(given)
	if err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "registry", Namespace: "default", IsInstall: true, Revision: 1}
	all, err := chartutil.ToRenderValues(chart, values, release, nil)
	if err != nil {
		return err
	}
	manifests, err := engine.Render(chart, all)
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
