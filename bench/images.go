package main

import (
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	imageRepositories = 30
	imageTags         = 3
)

// pushImages stores one small image per tag, through the client library that most
// tools use: a manifest and one blob, the configuration. An image with a layer
// would cost as much again for that.
func (c *client) pushImages(repositories, tags int) error {
	for r := range repositories {
		for t := range tags {
			image, err := smallImage(fmt.Sprintf("%d-%d", r, t))
			if err == nil {
				err = c.pushImage(fmt.Sprintf("repository-%02d", r), fmt.Sprintf("v%d", t), image)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func smallImage(id string) (v1.Image, error) {
	return mutate.Config(empty.Image, v1.Config{Labels: map[string]string{"id": id}})
}

func (c *client) pushImage(repository, tag string, image v1.Image) error {
	ref, err := name.NewTag(strings.TrimPrefix(c.registry, "http://")+"/"+repository+":"+tag, name.Insecure)
	if err != nil {
		return err
	}
	return remote.Write(ref, image, remote.WithContext(c.ctx), remote.WithTransport(c.http.Transport), remote.WithJobs(1))
}
