package main

import (
	"fmt"

	"github.com/distribution-azure/distribution/v3/bench/replica"
)

// imagesAsked is the size of the one repository that growth works on.
const imagesAsked = 25

// growth is work whose answer is always the same, in trees of different sizes: it
// should cost the same in all of them.
func growth() []work {
	var all []work
	for _, thousands := range []int{1, 10, 100} {
		blobs := thousands * 1000
		for _, task := range []replica.Task{replica.List, replica.Walk, replica.Delete} {
			all = append(all, work{
				name: fmt.Sprintf("%s of one repository, in a tree of %d,000 blobs", task, thousands),
				link: unbound,
				prepare: func(t *trial) error {
					for i := range imagesAsked {
						if err := t.seedImage("asked", blobs+i, true, true); err != nil {
							return err
						}
					}
					return t.seed(blobs/blobsPerImage - imagesAsked)
				},
				job: replica.Job{Task: task, Path: "/" + repositories + "/asked"},
			})
		}
	}
	return all
}
