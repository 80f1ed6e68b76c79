package product

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// verifyJob is what the tests look at in the CronJob of a verify.yaml.
type verifyJob struct {
	Kind string
	Spec struct {
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				ActiveDeadlineSeconds int `yaml:"activeDeadlineSeconds"`
				Template              struct {
					Spec struct {
						SecurityContext struct {
							FSGroup int `yaml:"fsGroup"`
						} `yaml:"securityContext"`
						Containers []chartContainer
						Volumes    []struct {
							Name      string
							ConfigMap struct{ Name string } `yaml:"configMap"`
						}
					}
				}
			}
		} `yaml:"jobTemplate"`
	}
}

// readVerifyJob reads the CronJob of a file, all objects of which Kubernetes takes:
// they are decoded as the chart's are, each as a template of a chart of its own.
func readVerifyJob(t *testing.T, file string) verifyJob {
	t.Helper()
	dependOn(t, "../../tools/helm")
	content, err := os.ReadFile(filepath.Clean(file))
	require.NoError(t, err)
	chart := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(chart, "templates"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(chart, "Chart.yaml"), []byte("apiVersion: v2\nname: verify\nversion: 1.0.0\n"), 0o600))
	var job verifyJob
	for i, document := range bytes.Split(content, []byte("\n---\n")) {
		require.NoError(t, os.WriteFile(filepath.Join(chart, "templates", strconv.Itoa(i)+".yaml"), document, 0o600))
		require.NoError(t, yaml.Unmarshal(document, &job))
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", "-C", "../../tools/helm", ".", chart)
	cmd.Env = append(os.Environ(), "GOWORK=off") // a module of its own
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Equal(t, "CronJob", job.Kind)
	return job
}

// The job was once written for names that the chart's objects don't have.
func TestChartsRegistryIsCheckedByTheJob(t *testing.T) {
	server := azurite.Shared(t)
	rendered := render(t, withSecrets(server.Account, server.Key, server.NewContainer(t))...)
	here := []string{
		"REGISTRY_STORAGE_AZURE_SERVICEURL=" + server.URL, "REGISTRY_STORAGE_REDIRECT_DISABLE=true",
		"REGISTRY_HTTP_ADDR=127.0.0.1:0", "REGISTRY_HTTP_DEBUG_ADDR=127.0.0.1:0",
	}
	pod := rendered["Deployment"].Spec.Template.Spec.Containers[0]
	c := newContainer(t, rendered["ConfigMap"].Data["config.yml"])
	c.env = slices.Concat(environment(t, pod, rendered["Secret"]), here)
	pushAndPull(t, c.serve(t, pod.Command[0], pod.Command[1:]...))

	var pushed atomic.Int64
	gateway := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { pushed.Add(1) }))
	defer gateway.Close()
	for file, names := range map[string][2]string{
		"../../deploy/helm/verify.yaml":       {rendered["ConfigMap"].Metadata.Name, rendered["Secret"].Metadata.Name},
		"../../deploy/kubernetes/verify.yaml": {"registry-config", "registry-secret"},
	} {
		t.Run(file, func(t *testing.T) {
			job := readVerifyJob(t, file)
			require.Equal(t, "Forbid", job.Spec.ConcurrencyPolicy)
			require.Less(t, job.Spec.JobTemplate.Spec.ActiveDeadlineSeconds, 24*60*60, "Forbid keeps the next one from starting")
			spec := job.Spec.JobTemplate.Spec.Template.Spec
			checker := spec.Containers[0]
			require.Equal(t, pod.Image, checker.Image)
			require.True(t, checker.SecurityContext.ReadOnlyRootFilesystem)
			require.Equal(t, spec.SecurityContext.FSGroup, checker.SecurityContext.RunAsUser, "who may write to the volume")
			require.Equal(t, names[0], spec.Volumes[0].ConfigMap.Name)

			secret, env := rendered["Secret"], here
			secret.Metadata.Name = names[1]
			if names[0] == "registry-config" { // which names account and container itself
				secret.Data = map[string]string{"accountKey": secret.Data["azureAccountKey"]}
				env = slices.Concat(env, environment(t, pod, rendered["Secret"]))
			}
			c := newContainer(t, rendered["ConfigMap"].Data["config.yml"])
			c.uid = checker.SecurityContext.RunAsUser
			c.env = slices.Concat(env, environment(t, checker, secret))
			c.volume(t, "state")
			args := slices.Clone(checker.Command[1:])
			push := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--metrics-push=") })
			args[push] = "--metrics-push=" + gateway.URL
			before := pushed.Load()
			require.Contains(t, c.run(t, checker.Command[0], args...), `"finished":true`)
			require.Equal(t, before+1, pushed.Load())
		})
	}
}
