package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/mod/semver"
)

// released is the form of a version of ours: upstream's, and a revision.
var released = regexp.MustCompile(`^v\d+\.\d+\.\d+-azure\.\d+$`)

// imageTags are the tags for the images of a version, the one that never moves
// first. all are the versions that were ever released.
func imageTags(version string, all []string) ([]string, error) {
	if !released.MatchString(version) {
		return nil, fmt.Errorf("%q is no version of the form v3.1.2-azure.1", version)
	}
	upstream, _, _ := strings.Cut(version, "-azure.")
	tags := []string{strings.TrimPrefix(version, "v")}
	for _, family := range []string{upstream, semver.MajorMinor(version), semver.Major(version)} {
		if newest(version, family, all) {
			tags = append(tags, strings.TrimPrefix(family, "v")+"-azure")
		}
	}
	return tags, nil
}

// newest reports whether no released version of the family is newer.
func newest(version, family string, all []string) bool {
	for _, other := range all {
		member := strings.HasPrefix(other, family+".") || strings.HasPrefix(other, family+"-")
		if released.MatchString(other) && member && semver.Compare(other, version) > 0 {
			return false
		}
	}
	return true
}

// unpublished returns an error unless the registry says that there is no such
// tag. Not being told counts as an error: a tag that moved can't be mended.
func unpublished(ctx context.Context, reference string) error {
	tag, err := name.NewTag(reference)
	if err != nil {
		return err
	}
	found, err := remote.Head(tag, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	var answer *transport.Error
	switch {
	case err == nil:
		return fmt.Errorf("%s is published already, as %s, and never moves: release another revision", tag, found.Digest)
	case errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound:
		return nil
	default:
		return fmt.Errorf("ask whether %s is published: %w", tag, err)
	}
}
