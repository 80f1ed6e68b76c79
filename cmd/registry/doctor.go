package main

import (
	"github.com/distribution/distribution/v3/registry"

	"github.com/distribution-azure/distribution/v3/registry/doctor"
)

func init() { registry.RootCmd.AddCommand(doctor.NewCommand()) }
