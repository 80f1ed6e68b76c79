package config

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// connectionString is a storage account's connection string, taken apart.
// Its parts are described in "Configure Azure Storage connection strings".
type connectionString struct {
	accountName, accountKey string
	sas                     string // without a leading "?"
	blobEndpoint            string
	protocol                string // http or https; of no account with a blobEndpoint
	endpointSuffix          string
}

// developmentStorage is what UseDevelopmentStorage=true stands for. The key is the
// emulator's, the same everywhere and published in "Use the Azurite emulator".
var developmentStorage = connectionString{
	accountName:  "devstoreaccount1",
	accountKey:   "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
	blobEndpoint: "http://127.0.0.1:10000/devstoreaccount1",
}

// connection takes the connection string apart, or returns false if it can't be. Stock's
// driver knows the parameter and reads nothing in it, so where the others say all that it
// needs, the string can neither change anything nor be wrong.
func (p *Parameters) connection(found *findings) (connectionString, bool) {
	if p.ConnectionString != "" && p.AccountName != "" && (p.Credentials.tokens() || p.Credentials.Type == CredentialsTypeSharedKey && p.AccountKey != "") {
		found.warn("connectionstring", "not used, since accountname and credentials.type say all (serviceurl is for another address)")
		return connectionString{}, true
	}
	cs, err := parseConnectionString(p.ConnectionString)
	if err != nil {
		found.reject("connectionstring", "%w", err)
	}
	return cs, err == nil
}

// parseConnectionString takes a connection string apart; an empty one has no parts. Names
// are compared without case, as .NET's parser does. Parts that are no business of a blob
// client (QueueEndpoint and the like) are skipped. No error repeats any of the text.
func parseConnectionString(text string) (connectionString, error) {
	parts, err := splitConnectionString(text)
	if err != nil {
		return connectionString{}, err
	}
	if _, ok := parts["developmentstorageproxyuri"]; ok {
		return connectionString{}, errors.New("DevelopmentStorageProxyUri is not supported; give AccountName, AccountKey and BlobEndpoint")
	}
	switch strings.ToLower(parts["usedevelopmentstorage"]) {
	case "true":
		return developmentStorage, nil
	case "", "false":
	default:
		return connectionString{}, errors.New("UseDevelopmentStorage must be true")
	}
	cs := connectionString{
		accountName:    parts["accountname"],
		accountKey:     parts["accountkey"],
		sas:            strings.TrimPrefix(parts["sharedaccesssignature"], "?"),
		blobEndpoint:   parts["blobendpoint"],
		protocol:       strings.ToLower(parts["defaultendpointsprotocol"]),
		endpointSuffix: parts["endpointsuffix"],
	}
	if cs.accountKey != "" {
		// As the SDK has it: the key can do all that the signature can, and sign as well.
		cs.sas = ""
	}
	if cs.protocol != "" && cs.protocol != "http" && cs.protocol != "https" {
		return connectionString{}, errors.New("DefaultEndpointsProtocol must be http or https")
	}
	if cs.sas != "" {
		if query, err := url.ParseQuery(cs.sas); err != nil || query.Get("sig") == "" {
			return connectionString{}, errors.New("SharedAccessSignature has no signature in it (sig=...)")
		}
	}
	return cs, nil
}

// splitConnectionString returns the parts by their lower-case names.
func splitConnectionString(text string) (map[string]string, error) {
	parts := make(map[string]string)
	for i, part := range strings.Split(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok {
			return nil, fmt.Errorf("part %d has no \"=\"; expected Name=Value;Name=Value and so on", i+1)
		}
		if _, twice := parts[name]; twice {
			return nil, fmt.Errorf("part %d gives a name a second time", i+1)
		}
		parts[name] = strings.TrimSpace(value)
	}
	return parts, nil
}
