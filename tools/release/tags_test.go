package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
)

func TestMovingTagsNeverMoveBackwards(t *testing.T) {
	all := []string{"v3.1.2-azure.2", "v3.1.2-azure.10", "v3.2.0-azure.1", "v3.1.10-azure.1", "v2.9.0-azure.1", "v3.1.2-azure.x"}
	for version, want := range map[string][]string{
		"v3.1.2-azure.9":  {"3.1.2-azure.9"},
		"v3.1.2-azure.11": {"3.1.2-azure.11", "3.1.2-azure"},
		"v3.1.11-azure.1": {"3.1.11-azure.1", "3.1.11-azure", "3.1-azure"},
		"v3.2.0-azure.2":  {"3.2.0-azure.2", "3.2.0-azure", "3.2-azure", "3-azure"},
		"v3.2.0-azure.1":  {"3.2.0-azure.1", "3.2.0-azure", "3.2-azure", "3-azure"},
		"v3.10.0-azure.1": {"3.10.0-azure.1", "3.10.0-azure", "3.10-azure", "3-azure"},
		"v2.9.0-azure.2":  {"2.9.0-azure.2", "2.9.0-azure", "2.9-azure", "2-azure"},
	} {
		got, err := imageTags(version, all)
		require.NoError(t, err)
		require.Equal(t, want, got, version)
	}
	for _, version := range []string{"v3.1.2", "3.1.2-azure.1", "v3.1.2-azure", "v3.1.2-azure.1-rc"} {
		_, err := imageTags(version, nil)
		require.Error(t, err, version)
	}
}

func TestTagThatNeverMovesIsPublishedOnce(t *testing.T) {
	server := httptest.NewServer(registry.New())
	defer server.Close()
	image := strings.TrimPrefix(server.URL, "http://") + "/registry"
	require.NoError(t, unpublished(t.Context(), image+":3.1.2-azure.1"))

	tag, err := name.NewTag(image + ":3.1.2-azure.1")
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, empty.Image))
	require.ErrorContains(t, unpublished(t.Context(), image+":3.1.2-azure.1"), "never moves")
	require.NoError(t, unpublished(t.Context(), image+":3.1.2-azure.1-static"))
}

func TestTagIsNotTakenForUnpublishedWithoutAnAnswer(t *testing.T) {
	for _, status := range []int{http.StatusForbidden, http.StatusBadRequest} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/v2/" {
				return
			}
			w.WriteHeader(status)
		}))
		image := strings.TrimPrefix(server.URL, "http://") + "/registry"
		require.ErrorContains(t, unpublished(t.Context(), image+":3.1.2-azure.1"), "ask whether", status)
		server.Close()
	}
}
