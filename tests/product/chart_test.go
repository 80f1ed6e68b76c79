package product

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// The values files, as seen from tools/helm.
const (
	valuesAzure    = "../../deploy/helm/values-azure.yaml"
	valuesIdentity = "../../deploy/helm/values-azure-workload-identity.yaml"
)

// manifest is what the tests look at in any rendered object.
type manifest struct {
	Kind     string
	Metadata struct {
		Name        string
		Annotations map[string]string
	}
	Data map[string]string
	Spec struct {
		Template struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				ServiceAccountName string `yaml:"serviceAccountName"`
				Containers         []chartContainer
			}
		}
	}
}

// chartContainer is a container of a pod.
type chartContainer struct {
	Image   string
	Command []string
	Env     []struct {
		Name      string
		Value     string
		ValueFrom struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		SubPath   string `yaml:"subPath"`
	} `yaml:"volumeMounts"`
	SecurityContext struct {
		RunAsUser              int  `yaml:"runAsUser"`
		ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
	} `yaml:"securityContext"`
}

// helm renders the stand-in for the chart with Helm's engine, which decodes what
// comes out as strictly as Kubernetes can.
func helm(t *testing.T, values ...string) ([]byte, error) {
	t.Helper()
	dependOn(t, "testdata/docker-registry", "../../deploy/helm", "../../tools/helm")
	// The ci workflow has the chart itself in the environment.
	chart := cmp.Or(os.Getenv("CHART"), "../../tests/product/testdata/docker-registry")
	args := append([]string{"run", "-C", "../../tools/helm", ".", chart}, values...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Env = append(os.Environ(), "GOWORK=off") // a module of its own
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w: %s", err, &stderr)
	}
	return output, err
}

// withSecrets are values-azure.yaml and the values that its comment asks for.
func withSecrets(account, key, container string) []string {
	return []string{
		valuesAzure, "secrets.haSharedSecret=shared", "secrets.azure.accountName=" + account,
		"secrets.azure.accountKey=" + key, "secrets.azure.container=" + container,
	}
}

// render renders the stand-in and returns the objects by their kind.
func render(t *testing.T, values ...string) map[string]manifest {
	t.Helper()
	output, err := helm(t, values...)
	require.NoError(t, err)
	found := map[string]manifest{}
	for document := range bytes.SplitSeq(output, []byte("---\n")) {
		var m manifest
		require.NoError(t, yaml.Unmarshal(document, &m))
		if m.Kind != "" {
			found[m.Kind] = m
		}
	}
	return found
}

// dependOn opens all files below the folders. Another program reads them, and
// go test would take a result from its cache although they have changed.
func dependOn(t *testing.T, folders ...string) {
	t.Helper()
	for _, folder := range folders {
		require.NoError(t, filepath.WalkDir(folder, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			_, err = os.ReadFile(name)
			return err
		}))
	}
}

// environment is what the kubelet makes of a container's env.
func environment(t *testing.T, c chartContainer, secret manifest) []string {
	t.Helper()
	var env []string
	for _, variable := range c.Env {
		value := variable.Value
		if key := variable.ValueFrom.SecretKeyRef.Key; key != "" {
			require.Equal(t, secret.Metadata.Name, variable.ValueFrom.SecretKeyRef.Name)
			encoded, ok := secret.Data[key]
			require.True(t, ok, "the pod would not start: the secret has no %s", key)
			decoded, err := base64.StdEncoding.DecodeString(encoded)
			require.NoError(t, err)
			value = string(decoded)
		}
		env = append(env, variable.Name+"="+value)
	}
	return env
}

func TestChartWithAccountKeyServesPushAndPull(t *testing.T) {
	server := azurite.Shared(t)
	rendered := render(t, withSecrets(server.Account, server.Key, server.NewContainer(t))...)

	pod := rendered["Deployment"].Spec.Template.Spec.Containers[0]
	require.Contains(t, pod.Image, "/distribution-azure/registry:")
	require.Equal(t, []string{"/bin/registry", "serve", configurationPath}, pod.Command)
	require.Equal(t, 1000, pod.SecurityContext.RunAsUser)
	require.True(t, pod.SecurityContext.ReadOnlyRootFilesystem)
	require.Len(t, pod.VolumeMounts, 1)
	require.Equal(t, "/etc/distribution", pod.VolumeMounts[0].MountPath)
	require.Empty(t, pod.VolumeMounts[0].SubPath, "the whole folder is covered")

	env := environment(t, pod, rendered["Secret"])
	require.NotContains(t, strings.Join(env, "\n"), "CREDENTIALS", "the chart sets no credential type")
	require.NotContains(t, rendered["ConfigMap"].Data["config.yml"], "credentials")

	c := newContainer(t, rendered["ConfigMap"].Data["config.yml"])
	c.uid = pod.SecurityContext.RunAsUser
	c.env = slices.Concat(env, []string{
		// What differs on this machine: the emulator's address, and ports that are free.
		"REGISTRY_STORAGE_AZURE_SERVICEURL=" + server.URL,
		"REGISTRY_STORAGE_REDIRECT_DISABLE=true",
		"REGISTRY_HTTP_ADDR=127.0.0.1:0", "REGISTRY_HTTP_DEBUG_ADDR=127.0.0.1:0",
	})
	pushAndPull(t, c.serve(t, pod.Command[0], pod.Command[1:]...))
}

func TestChartWithWorkloadIdentityHasNoKey(t *testing.T) {
	rendered := render(t, valuesAzure, valuesIdentity, "secrets.haSharedSecret=shared",
		"configData.storage.azure.accountname=contosoregistry", "configData.storage.azure.container=images",
		`serviceAccount.annotations.azure\.workload\.identity/client-id=00000000-0000-0000-0000-000000000001`)
	pod := rendered["Deployment"].Spec.Template
	require.Equal(t, "true", pod.Metadata.Labels["azure.workload.identity/use"])
	require.NotEmpty(t, pod.Spec.ServiceAccountName)
	require.NotEmpty(t, rendered["ServiceAccount"].Metadata.Annotations["azure.workload.identity/client-id"])
	for _, setting := range environment(t, pod.Spec.Containers[0], rendered["Secret"]) {
		require.NotContains(t, setting, "REGISTRY_STORAGE_AZURE_")
	}

	var config struct {
		Storage struct {
			Azure  map[string]any
			Delete map[string]any
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(rendered["ConfigMap"].Data["config.yml"]), &config))
	require.Equal(t, map[string]any{"accountname": "contosoregistry", "container": "images"}, config.Storage.Azure)
	require.NotEmpty(t, config.Storage.Delete, "what values-azure.yaml says must still be there")

	// The registry starts with it. There is no identity to be had here, which
	// it says at the first request and not before.
	c := newContainer(t, rendered["ConfigMap"].Data["config.yml"])
	c.env = append(c.env, "REGISTRY_HEALTH_STORAGEDRIVER_ENABLED=false")
	command := pod.Spec.Containers[0].Command
	require.NotEmpty(t, c.serve(t, command[0], command[1:]...))
}

func TestChartsGarbageCollector(t *testing.T) {
	server := azurite.Shared(t)
	values := withSecrets(server.Account, server.Key, server.NewContainer(t))
	rendered := render(t, append(values, "garbageCollect.enabled=true")...)
	pod := rendered["Deployment"].Spec.Template.Spec.Containers[0]
	c := newContainer(t, rendered["ConfigMap"].Data["config.yml"])
	c.env = append(environment(t, pod, rendered["Secret"]),
		"REGISTRY_STORAGE_AZURE_SERVICEURL="+server.URL, "REGISTRY_STORAGE_REDIRECT_DISABLE=true",
		"REGISTRY_HTTP_ADDR=127.0.0.1:0", "REGISTRY_HTTP_DEBUG_ADDR=127.0.0.1:0")
	digest := pushAndPull(t, c.serve(t, pod.Command[0], pod.Command[1:]...))
	said := c.run(t, "/bin/registry", "garbage-collect", "--delete-untagged=true", configurationPath)
	require.Contains(t, said, digest.String())
}
