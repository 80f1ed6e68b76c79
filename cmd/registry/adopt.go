package main

import (
	"github.com/distribution/distribution/v3/registry"

	"github.com/distribution-azure/distribution/v3/registry/verify/command"
)

func init() { registry.RootCmd.AddCommand(command.NewAdopt()) }
