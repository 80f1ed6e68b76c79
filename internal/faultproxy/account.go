package faultproxy

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	blobservice "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// WithAccount gives the proxy a client of the target, for the kinds and options that make requests of their own.
func WithAccount(client *blobservice.Client) Option {
	return func(p *Proxy) { p.service.account = client }
}

// accountBlob is the request's blob, past the proxy.
func (x *exchange) accountBlob() *blob.Client {
	return accountBlob(x.proxy.service.account, x.call(nil).path)
}

// accountBlob is the client of the blob at container/name.
func accountBlob(account *blobservice.Client, path string) *blob.Client {
	container, name, _ := strings.Cut(path, "/")
	return account.NewContainerClient(container).NewBlobClient(name)
}
