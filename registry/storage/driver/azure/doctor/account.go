package doctor

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// account is what was seen of the account.
type account struct {
	hierarchical bool
	softDelete   service.SoftDelete
}

// checkContainer asks for a page of the container. That is the first request with
// credentials, so that it also tells whether they are accepted. A signature's container
// can't be asked for its properties (REST: "Get Container Properties"), but listed.
func (x *examination) checkContainer(ctx context.Context) Row {
	_, err := x.client.List(x.newScratch(), 1).Page(ctx)
	if err != nil && refusedFor(err, "AuthorizationPermissionMismatch") && x.settings.Credentials != config.SASToken {
		// Listing is a right of its own; perhaps the others are there.
		if _, err := x.client.ContainerState(ctx); err == nil {
			return ok(x.settings.Container + " is there")
		}
	}
	if err != nil {
		if refusedFor(err, "ContainerNotFound") && x.settings.CreateContainer {
			return x.createContainer(ctx)
		}
		return x.refused(err)
	}
	return ok(x.settings.Container + " is there, and the credential is accepted")
}

// createContainer does what the registry does at start.
func (x *examination) createContainer(ctx context.Context) Row {
	if _, err := x.client.CreateContainer(ctx); err != nil {
		return x.refused(err)
	}
	return ok(x.settings.Container + " was created, as create_container says")
}

// refusedFor reports whether the service refused with this code.
func refusedFor(err error, code string) bool {
	var call *service.CallError
	return errors.As(err, &call) && call.Code == code
}

// checkAccount asks what kind of account and container it is, as far as the rights allow.
func (x *examination) checkAccount(ctx context.Context) Row {
	container, err := x.client.ContainerState(ctx)
	if err == nil && (container.Immutable || container.LegalHold) {
		what := "an immutability policy"
		if container.LegalHold {
			what = "a legal hold"
		}
		return failed("the container has "+what, "nothing that was written can be deleted, and uploads can't be ended: a registry can't work there", x.otherContainer())
	}
	var parts, unseen []string
	kind, err := x.client.AccountState(ctx)
	if err != nil {
		unseen = append(unseen, "kind and redundancy ("+short(err)+")")
	} else {
		parts = append(parts, strings.TrimSpace(kind.Kind+" "+kind.SKU))
		x.account.hierarchical = kind.Hierarchical
	}
	x.account.softDelete, err = x.client.SoftDelete(ctx)
	if err != nil {
		unseen = append(unseen, "soft delete ("+short(err)+")")
	}
	if len(unseen) > 0 {
		parts = append(parts, "not seen for want of rights: "+strings.Join(unseen, ", "))
	}
	return x.judgeAccount(strings.Join(parts, "; "))
}

// judgeAccount tells of soft delete. The rights to see it are seldom there.
func (x *examination) judgeAccount(found string) Row {
	update := "az storage account blob-service-properties update --account-name " + x.accountName()
	if x.account.hierarchical {
		found += "; hierarchical namespace"
	}
	if x.account.softDelete.On {
		return warning(fmt.Sprintf("%s; soft delete of blobs, %d days", found, x.account.softDelete.Days),
			"what garbage collection and each upload delete goes on to cost for so long, and listings get slower", update+" --enable-delete-retention false (or keep it as the safety net that it is)")
	}
	return ok(found)
}

// short is the answer's status and code.
func short(err error) string {
	var call *service.CallError
	if !errors.As(err, &call) || call.Status == 0 {
		return "no answer"
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", call.Status, call.Code))
}

// checkVersioning looks whether what was written got a version.
func (x *examination) checkVersioning(context.Context) Row {
	for _, e := range x.storage.since(0) {
		if e.status < http.StatusBadRequest && e.header.Get("x-ms-version-id") != "" {
			return warning("the account keeps versions", "what garbage collection and each upload delete is kept, and costs, until a lifecycle rule removes it",
				"az storage account blob-service-properties update --account-name "+x.accountName()+" --enable-versioning false")
		}
	}
	return ok("no versions are kept")
}

// checkHierarchy looks whether what was written made a directory, if the account didn't
// say by itself what it is.
func (x *examination) checkHierarchy(ctx context.Context) Row {
	page, err := x.client.List(strings.TrimSuffix(x.newScratch(), "/"), 0).Page(ctx)
	if err != nil && !x.account.hierarchical {
		return ok("not seen: the right to list is lacking")
	}
	for _, item := range page.Items {
		x.account.hierarchical = x.account.hierarchical || item.Directory
	}
	if !x.account.hierarchical {
		return ok("none: names are flat")
	}
	return warning("the account has a hierarchical namespace", "it works, but each write costs more, folders that are empty stay until they are removed, and it can't be switched off",
		"set accountname to another account: az storage account create --kind StorageV2 --enable-hierarchical-namespace false")
}
