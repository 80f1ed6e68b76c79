package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// throttled says what it means that storage turns requests away.
func throttled(found string) (string, string, string) {
	return found + ": storage turns requests away", "the account is throttled: it has more requests than it may have, or another one shares its partition",
		"set max_retries: 20 and retry_budget: 10m to wait longer; for good, give the registry an account of its own, or ask Azure for higher limits"
}

// refused makes a row of an error of a request.
func (x *examination) refused(err error) Row {
	var call *service.CallError
	var pending *service.CopyTimeoutError
	if errors.As(err, &pending) {
		return failed("copy blob: still pending after "+pending.After.String(), "copies inside the account take long: pushes wait for them at their end",
			"ask Azure about the account; set copy_timeout: 1h to wait longer")
	}
	if !errors.As(err, &call) {
		return failed(err.Error(), "the request could not be made", "try again; if it stays so, report it with this table")
	}
	var foreign *service.ForeignError
	if errors.As(err, &foreign) {
		return x.foreign(fmt.Sprint(foreign.Status), "")
	}
	if call.Status == 0 {
		return failed(call.Op+": "+reason(call.Unwrap()), "the request got no answer", "look at what is between the registry and the storage: proxy, firewall, idle limits")
	}
	found := strings.TrimSpace(fmt.Sprintf("%s: %d %s", call.Op, call.Status, call.Code))
	if call.RequestID != "" {
		found += " (request " + call.RequestID + ")"
	}
	means, do := x.explain(call)
	return failed(found, means, do)
}

// explain says what a refusal means, and what to do (REST: "Common REST API error codes",
// "Blob Storage error codes").
func (x *examination) explain(call *service.CallError) (means, do string) {
	account, container := x.accountName(), x.settings.Container
	switch call.Code {
	case "AuthenticationFailed", "InvalidAuthenticationInfo", "NoAuthenticationInformation", "AuthorizationFailure":
		if call.Code == "AuthorizationFailure" && !call.Mentions("failed to authenticate") {
			return x.explainFirewall()
		}
		return x.explainCredential()
	case "AuthorizationPermissionMismatch", "AuthorizationServiceMismatch", "AuthorizationResourceTypeMismatch", "InsufficientAccountPermissions":
		return x.explainRight(call.Op)
	case "AuthorizationSourceIPMismatch", "AuthorizationProtocolMismatch":
		return "the shared access signature is for other addresses (sip) or for https only (spr)", x.newSignature()
	case "KeyBasedAuthenticationNotPermitted":
		return "account keys, and signatures made with them, are switched off for this account",
			"set credentials.type: default_credentials and give the identity the role Storage Blob Data Contributor, or az storage account update --name " + account + " --allow-shared-key-access true"
	case "ContainerNotFound":
		return "there is no container " + container + x.said("container") + " in this account", "set create_container: true, or az storage container create --account-name " + account + " --name " + container
	case "ContainerBeingDeleted":
		return "the container is being deleted", "wait some minutes and create it again, or name another container"
	case "BlobImmutableDueToPolicy":
		return "an immutability policy or a legal hold protects what is written: a registry has to delete", x.otherContainer()
	case "BlobArchived", "BlobBeingRehydrated":
		return "the blob is in the archive tier, and can't be read", "keep lifecycle rules off this container, and rehydrate: az storage blob set-tier --tier Hot"
	case "ServerBusy", "OperationTimedOut", "TooManyRequests":
		_, means, do = throttled("")
		return means, do
	case "InvalidHeaderValue":
		return "the service knows older versions of the API only, as Azure Stack Hub does", "use an account on Azure"
	case "LeaseIdMissing":
		return "somebody holds a lease", "az storage container lease break --container-name " + container + " --account-name " + account
	case "ResourceNotFound":
		return "the service knows no such place: serviceurl leads to another account, or to something else", "correct serviceurl and accountname"
	}
	switch {
	case call.Status == http.StatusServiceUnavailable, call.Status == http.StatusTooManyRequests:
		_, means, do = throttled("")
		return means, do
	case call.Status >= http.StatusInternalServerError:
		return "the service fails", "try again later; if it stays so, ask Azure with the request's id"
	}
	return "the service refuses it", "look the code up in the REST reference, \"Blob Storage error codes\""
}

func (x *examination) explainFirewall() (means, do string) {
	if x.address != "" {
		return "the account's firewall does not allow this network: it was asked at its public address " + x.address + ", and a private endpoint, if it has one, was not taken",
			"az storage account network-rule add --account-name " + x.accountName() + " --ip-address ADDRESS, or for a private endpoint " + linkZone(x.host.Hostname())
	}
	return "the account's firewall does not allow this network (or public access is off, and a private endpoint was not taken)",
		"az storage account network-rule add --account-name " + x.accountName() + " --ip-address ADDRESS, or reach it by a private endpoint"
}

// explainCredential says why the service doesn't know who asks.
func (x *examination) explainCredential() (means, do string) {
	account := x.accountName()
	switch x.settings.Credentials {
	case config.SharedKey:
		return "accountkey" + x.said("accountkey") + " is no key of the account " + account + ": mistyped, cut off, rotated, or another account's",
			"az storage account keys list --account-name " + account + " --query [0].value --output tsv, and set accountkey to it"
	case config.SASToken:
		return "the shared access signature is not valid: changed, cut off, or made with a key or policy that is gone", x.newSignature()
	}
	return "the token is not one for this account: its tenant is another, or the cloud is", "set credentials.tenantid to the tenant of the account's subscription"
}

// explainRight says which right is lacking.
func (x *examination) explainRight(op string) (means, do string) {
	if x.settings.Credentials == config.SASToken {
		return "the shared access signature does not grant it", x.newSignature()
	}
	who := "OBJECTID"
	if x.identity.Object != "" {
		who = x.identity.Object
	}
	role, on := "Storage Blob Data Contributor", "ACCOUNTID/blobServices/default/containers/"+x.settings.Container
	if op == "get user delegation key" {
		role, on = "Storage Blob Delegator", "ACCOUNTID"
	}
	return "the identity lacks the role " + role + " there (a new one needs up to ten minutes)",
		fmt.Sprintf("az role assignment create --role %q --assignee-object-id %s --scope %s", role, who,
			strings.Replace(on, "ACCOUNTID", "$(az storage account show --name "+x.accountName()+" --query id --output tsv)", 1))
}

func (x *examination) newSignature() string {
	return fmt.Sprintf("az storage container generate-sas --account-name %s --name %s --permissions racwdl --expiry DATE, and set it as SharedAccessSignature in connectionstring",
		x.accountName(), x.settings.Container)
}

func (x *examination) otherContainer() string {
	return "set container to one without such a policy: az storage container create --account-name " + x.accountName() + " --name NAME"
}

// said is a hint at a value that the environment gives, and not the file that is looked at.
func (x *examination) said(key string) string {
	for _, v := range x.values {
		if v.Key == key && v.From == "environment" {
			return " (from " + variable(key) + ")"
		}
	}
	return ""
}
