package doctor

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// checkService asks whether it is a Blob service that answered.
func (x *examination) checkService(context.Context) Row {
	e := x.anonymous
	code := e.header.Get("x-ms-error-code")
	found := strings.TrimSpace(fmt.Sprintf("%d %s", e.status, code))
	who := e.header.Get("Server")
	switch {
	case e.header.Get("x-ms-request-id") == "":
		return x.foreign(found, who)
	case e.status == http.StatusServiceUnavailable, e.status == http.StatusTooManyRequests:
		return failed(throttled(found))
	case code == "InvalidHeaderValue", code == "UnsupportedHttpVerb":
		return failed(found, "the service knows older versions of the API only, as Azure Stack Hub does", "use an account on Azure")
	case code == "AccountIsDisabled":
		return failed(found, "the account is disabled", "enable the subscription or the account in the portal")
	case code == "AccountRequiresHttps":
		return failed(found, "the account takes requests over https only", "set serviceurl: https://"+x.host.Host+x.host.Path)
	case code == "InvalidUri", code == "InvalidResourceName", code == "OutOfRangeInput":
		return failed(found, "the account's or the container's name is none that the service knows", "correct container and serviceurl")
	}
	if who == "" {
		who = "a Blob service"
	}
	return ok(who + " answers")
}

// foreign is an answer that isn't the service's.
func (x *examination) foreign(found, who string) Row {
	if who != "" {
		found += " from " + who
	}
	found += ", without the service's x-ms-request-id"
	if proxy := proxyFor(x.host); proxy != nil {
		return failed(found, "the proxy "+proxy.Host+" answers in the service's place", "set NO_PROXY="+x.host.Hostname()+", or have the proxy let "+x.host.Host+" through")
	}
	return failed(found, "something at "+x.host.Host+" (a gateway, a sign-in page, a web server) answers in the service's place",
		"correct serviceurl (or accountname and realm), or have the gateway pass requests on unchanged")
}

const (
	// skewAllowed is how far the clock may be off before the service refuses what is signed
	// with an account key (REST: "Authorize with Shared Key", x-ms-date); tokens and
	// signatures have starts and ends, too.
	skewAllowed = 15 * time.Minute
	skewNoticed = 2 * time.Minute
)

// checkClock compares this machine's clock with the service's.
func (x *examination) checkClock(context.Context) Row {
	at, err := http.ParseTime(x.anonymous.header.Get("Date"))
	if err != nil {
		return ok("the answer has no date to compare with")
	}
	skew := x.anonymous.began.Add(x.anonymous.took / 2).Sub(at)
	off := skew.Abs().Round(time.Second)
	way := "ahead of"
	if skew < 0 {
		way = "behind"
	}
	found := fmt.Sprintf("%s %s the service's", off, way)
	const do = "timedatectl set-ntp true"
	switch {
	case off >= skewAllowed-time.Minute:
		return failed(found, "requests that are signed are refused from 15 minutes on, and tokens and signatures are not valid yet, or no longer", do)
	case off >= skewNoticed:
		return warning(found, "from 15 minutes on requests are refused; signatures end too early or too late", do)
	}
	return ok(fmt.Sprintf("within %s of the service's", max(off, time.Second)))
}
