package verify_test

import (
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// The azure driver writes on condition.
var _ verify.Conditional = (*azure.Driver)(nil)
