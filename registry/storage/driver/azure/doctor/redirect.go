package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

const noRedirects = "set storage.redirect.disable: true"

// checkDelegation asks for the key that redirects are signed with, if it is one of the
// service.
func (x *examination) checkDelegation(ctx context.Context) Row {
	switch kind := x.settings.Credentials; {
	case kind == config.SharedKey:
		return ok("not needed: redirects are signed with the account key")
	case kind == config.SASToken:
		return ok("not needed: a signature can't sign, and the registry serves layers itself")
	case !x.Redirects:
		return ok("not needed: redirects are switched off")
	case !x.client.CanDelegate():
		return warning("not asked for: the account's name is not the first part of "+x.host.Host, "nothing can be signed behind such an address: the registry serves layers itself",
			noRedirects+" to say so, or set serviceurl to the account's usual address")
	}
	if err := x.client.DelegationKey(ctx); err != nil {
		row := x.refused(err)
		row.Result = Warning
		row.Means += "; without a key the registry serves layers itself, and not by redirects"
		row.Do += " (or " + noRedirects + ")"
		return row
	}
	return ok("get user delegation key")
}

// checkRedirect reads a blob as a client does that was sent to the storage.
func (x *examination) checkRedirect(ctx context.Context) Row {
	if !x.Redirects {
		return ok("switched off: clients talk to the registry only")
	}
	signed, err := x.client.SignedURL(ctx, x.name("written"))
	if err != nil {
		return failed("no URL could be signed", "pulls fail", noRedirects)
	}
	if signed == "" {
		return ok("none: the registry serves layers itself")
	}
	target, err := url.Parse(signed)
	if err != nil {
		return failed("the signed URL is none", "pulls fail", "correct redirectendpoint")
	}
	return x.follow(ctx, target)
}

// follow fetches the URL with a client of its own: one that knows neither the registry's
// credentials nor its skipverify.
func (x *examination) follow(ctx context.Context, target *url.URL) Row {
	ctx, cancel := context.WithTimeout(ctx, longestTry)
	defer cancel()
	to := "clients are sent to " + target.Host
	do := noRedirects + ", or redirectendpoint to an address that leads to the account"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), http.NoBody)
	if err != nil {
		return failed(to, "no client can ask there", "correct redirectendpoint")
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		means := "pulls fail for clients that can't reach it"
		if row, is := certificate(err, target.Hostname()); is {
			return failed(to+": "+row.Found, means, do)
		}
		return failed(to+": "+reason(err), means, do)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	switch code := resp.Header.Get("x-ms-error-code"); {
	case resp.StatusCode != http.StatusOK && code != "":
		return failed(fmt.Sprintf("%s: %d %s", to, resp.StatusCode, code), "the storage refuses what is signed: what stands before it changes path, query or host, or the account's firewall is closed to clients", do)
	case resp.StatusCode != http.StatusOK:
		return failed(fmt.Sprintf("%s: %d", to, resp.StatusCode), "it isn't the storage that answers there", do)
	case err != nil || !bytes.Equal(content, sample):
		return failed(to+", who get other bytes", "something else answers there, or changes them", do)
	}
	return ok(to + ", and get the bytes that were written")
}
