package config

import (
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
	malformed               bool // a problem has been reported, and nothing else is known
}

// developmentStorage is what UseDevelopmentStorage=true stands for. The key is the
// emulator's, the same everywhere and published in "Use the Azurite emulator".
var developmentStorage = connectionString{
	accountName:  "devstoreaccount1",
	accountKey:   "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
	blobEndpoint: "http://127.0.0.1:10000/devstoreaccount1",
}

// parseConnectionString takes a connection string apart; an empty one has no parts. Names
// are compared without case, as .NET's parser does. Parts that are no business of a blob
// client (QueueEndpoint and the like) are skipped. No problem repeats any of the text.
func parseConnectionString(text string, problems *problems) connectionString {
	parts, ok := splitConnectionString(text, problems)
	if !ok {
		return connectionString{malformed: true}
	}
	if _, ok := parts["developmentstorageproxyuri"]; ok {
		problems.add("connectionstring: DevelopmentStorageProxyUri is not supported; give AccountName, AccountKey and BlobEndpoint")
		return connectionString{malformed: true}
	}
	switch strings.ToLower(parts["usedevelopmentstorage"]) {
	case "true":
		return developmentStorage
	case "", "false":
	default:
		problems.add("connectionstring: UseDevelopmentStorage must be true")
		return connectionString{malformed: true}
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
		problems.add("connectionstring: DefaultEndpointsProtocol must be http or https")
		cs.malformed = true
	}
	if cs.sas != "" {
		if query, err := url.ParseQuery(cs.sas); err != nil || query.Get("sig") == "" {
			problems.add("connectionstring: SharedAccessSignature has no signature in it (sig=...)")
			cs.malformed = true
		}
	}
	return cs
}

// splitConnectionString returns the parts by their lower-case names.
func splitConnectionString(text string, problems *problems) (map[string]string, bool) {
	parts := make(map[string]string)
	for i, part := range strings.Split(text, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if !ok {
			problems.add("connectionstring: part %d has no \"=\"; expected Name=Value;Name=Value;...", i+1)
			return nil, false
		}
		if _, twice := parts[name]; twice {
			problems.add("connectionstring: part %d gives a name a second time", i+1)
			return nil, false
		}
		parts[name] = strings.TrimSpace(value)
	}
	return parts, true
}
