package storage

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
)

// repositoryLinks holds the links that were found in a repository. What they
// link to may be missing.
type repositoryLinks struct {
	name      string
	manifests []digest.Digest
	layers    []digest.Digest
	tags      []string
	// tagged holds what the tags point at: an empty digest if that can't be
	// told of one of them.
	tagged map[digest.Digest]struct{}
	// tagIndex names the tags that point at a manifest, or once did.
	tagIndex map[digest.Digest][]string
}

// findLinks lists the links of all repositories. Those of tags, which may be
// many, are left out unless they are asked for.
func findLinks(ctx context.Context, d driver.StorageDriver, withTags bool) ([]*repositoryLinks, error) {
	root, err := pathFor(repositoriesRootPathSpec{})
	if err != nil {
		return nil, err
	}

	var repositories []*repositoryLinks
	byName := make(map[string]*repositoryLinks)
	err = d.Walk(ctx, root, func(fileInfo driver.FileInfo) error {
		// the name of a repository has no component that begins with "_"
		name, link, ok := strings.Cut(strings.TrimPrefix(fileInfo.Path(), root+"/"), "/_")
		if !ok {
			return nil
		}
		if fileInfo.IsDir() {
			parent, _, _ := strings.Cut(link, "/")
			if parent != "layers" && parent != "manifests" || link == "manifests/tags" && !withTags {
				return driver.ErrSkipDir
			}
			return nil
		}
		if path.Base(link) != "link" {
			return nil
		}
		if byName[name] == nil {
			byName[name] = &repositoryLinks{
				name:     name,
				tagged:   make(map[digest.Digest]struct{}),
				tagIndex: make(map[digest.Digest][]string),
			}
			repositories = append(repositories, byName[name])
		}
		if err := byName[name].add(strings.Split(path.Dir(link), "/")); err != nil {
			dcontext.GetLogger(ctx).Warnf("ignoring %s: %v", fileInfo.Path(), err)
		}
		return nil
	})
	if err != nil && !isNotFound(err, root) {
		return nil, err
	}
	return repositories, nil
}

// add adds the link in the directory with these components. It goes by the
// digest in the path, since no content may be lost because a link is damaged.
func (r *repositoryLinks) add(dir []string) error {
	if len(dir) == 4 && dir[1] == "tags" && dir[3] == "current" {
		r.tags = append(r.tags, strings.Clone(dir[2]))
		return nil
	}
	if len(dir) < 3 {
		return errors.New("not the link of a manifest, layer or tag")
	}

	dgst := digest.NewDigestFromEncoded(digest.Algorithm(dir[len(dir)-2]), dir[len(dir)-1])
	if err := dgst.Validate(); err != nil {
		return err
	}
	switch {
	case len(dir) == 3 && dir[0] == "layers":
		r.layers = append(r.layers, dgst)
	case len(dir) == 4 && dir[1] == "revisions":
		r.manifests = append(r.manifests, dgst)
	case len(dir) == 6 && dir[1] == "tags" && dir[3] == "index":
		r.tagIndex[dgst] = append(r.tagIndex[dgst], strings.Clone(dir[2]))
	}
	return nil
}

// readLink returns the digest that a link holds. Links that have gone or are
// damaged are logged, and have no digest; what can't be read is an error.
func readLink(ctx context.Context, d driver.StorageDriver, spec pathSpec) (digest.Digest, error) {
	linkPath, err := pathFor(spec)
	if err != nil {
		return "", err
	}
	content, err := d.GetContent(ctx, linkPath)
	if err != nil && !isNotFound(err, linkPath) {
		return "", err
	}
	dgst := digest.Digest(content)
	if err := dgst.Validate(); err != nil {
		dcontext.GetLogger(ctx).Warnf("%s leads nowhere: %v", linkPath, err)
		return "", nil
	}
	return dgst, nil
}

// isNotFound reports whether the driver found nothing at this very path. An
// error about another path means that a walk ended early.
func isNotFound(err error, path string) bool {
	var notFound driver.PathNotFoundError
	return errors.As(err, &notFound) && notFound.Path == path
}

// readTags finds out which manifests are tagged.
func readTags(ctx context.Context, d driver.StorageDriver, repositories []*repositoryLinks) error {
	for _, r := range repositories {
		for _, tag := range r.tags {
			dgst, err := readLink(ctx, d, manifestTagCurrentPathSpec{name: r.name, tag: tag})
			if err != nil {
				return fmt.Errorf("failed to retrieve tag %s of %s: %w", tag, r.name, err)
			}
			r.tagged[dgst] = struct{}{}
		}
	}
	return nil
}

// isTagged reports whether a tag points at a manifest, or may do so since it
// can't be told where it points.
func (r *repositoryLinks) isTagged(dgst digest.Digest) bool {
	_, tagged := r.tagged[dgst]
	_, untold := r.tagged[""]
	return tagged || untold
}
