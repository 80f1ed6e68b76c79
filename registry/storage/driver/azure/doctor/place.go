package doctor

import (
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// Place is where a configuration keeps the data.
type Place struct {
	Account, Container, RootDirectory string
	LegacyRootPrefix                  bool
}

// PlaceOf reads a section storage.azure. The error has no secret in it.
func PlaceOf(parameters map[string]any) (Place, error) {
	s, _, err := config.Read(parameters)
	if err != nil {
		return Place{}, err
	}
	account := s.AccountName
	if account == "" {
		account = strings.TrimPrefix(strings.TrimPrefix(s.ServiceURL, "https://"), "http://")
	}
	return Place{account, s.Container, s.RootDirectory, s.LegacyRootPrefix}, nil
}
