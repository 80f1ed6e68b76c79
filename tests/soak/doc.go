// Package soak holds no code. Its test has several clients push and pull images through two
// replicas of the registry's binary, behind a load balancer that gives each request to
// the next, while the fault proxy strikes a share of what the replicas ask of the storage.
// The clients never try again by themselves.
//
// In the end every image that was acknowledged is pulled without faults and compared byte for byte,
// and every tag is one that its only writer could have left.
//
// A short run is part of the tests. `make soak-traffic SOAK_TIME=10m` makes a long one;
// the flags in traffic_test.go say what else can be set.
package soak
