package driver

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// Each parameter is explained, and nothing is that is none: in the operator's page, and in the
// package's comment.
func TestEveryParameterIsExplained(t *testing.T) {
	t.Parallel()
	want := parameterKeys(reflect.TypeFor[azure.DriverParameters](), "")
	for file, pattern := range map[string]string{
		"../../docs/configuration.md":                "(?m)^\\| (`[a-z_.`, ]+`)(?: \\(new\\))? \\| ",
		"../../registry/storage/driver/azure/doc.go": `(?m)^//\t([a-z_.]+)  +\S`,
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		_, rest, found := strings.Cut(string(text), "# Parameters")
		require.True(t, found, "%s has no heading Parameters", file)
		section, _, _ := strings.Cut(rest, "\n## ")
		section, _, _ = strings.Cut(section, "\n// # ")
		var explained []string
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(section, -1) {
			for key := range strings.SplitSeq(match[1], ",") {
				explained = append(explained, strings.Trim(key, " `"))
			}
		}
		slices.Sort(explained)
		require.Equal(t, want, explained, file)
	}
}

func parameterKeys(parameters reflect.Type, section string) []string {
	var keys []string
	for i := range parameters.NumField() {
		field := parameters.Field(i)
		key := section + field.Tag.Get("mapstructure")
		if field.Type.Kind() == reflect.Struct {
			keys = append(keys, parameterKeys(field.Type, key+".")...)
		} else {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}
