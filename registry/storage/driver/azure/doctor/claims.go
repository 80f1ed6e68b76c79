package doctor

import (
	"encoding/base64"
	"encoding/json"
	"strings"
)

// claims are what a token says about whom it was given to (Entra: "Access token claims
// reference"). None of them is a secret; the signature, which is, isn't read.
type claims struct {
	Application string `json:"appid"`
	Party       string `json:"azp"` // in the place of appid, in tokens of version 2
	Tenant      string `json:"tid"`
	Object      string `json:"oid"`
}

// readClaims takes a token apart. One that can't be has no claims: it is opaque to all but
// the service.
func readClaims(token string) claims {
	var c claims
	if parts := strings.Split(token, "."); len(parts) == 3 {
		if payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "=")); err == nil {
			_ = json.Unmarshal(payload, &c) // see above
		}
	}
	if c.Application == "" {
		c.Application = c.Party
	}
	return c
}

// String names the identity.
func (c claims) String() string {
	var parts []string
	for _, part := range []struct{ name, value string }{
		{"client id ", c.Application}, {"object id ", c.Object}, {"tenant ", c.Tenant},
	} {
		if part.value != "" {
			parts = append(parts, part.name+part.value)
		}
	}
	if parts == nil {
		return "the token does not say whose it is"
	}
	return strings.Join(parts, ", ")
}
