package parity

import (
	"fmt"
	"net/http"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const gateways = "WALinuxAgent#409, REST Status and error codes"

var foreignCases = func() []reported {
	cases := []reported{
		{name: "a foreign 404 to a delete: what is said to be deleted is", source: gateways, run: foreignDelete(404)},
		{name: "a foreign 202 or 204 to a delete: what is said to be deleted is", source: gateways, run: foreignDelete(202, 204)},
		{name: "a foreign 404 to a read is no absence", source: gateways, run: foreignRead(faultproxy.Foreign(404, true), faultproxy.Foreign(404, false))},
		{name: "a foreign 204, 302 or 403 to a read is no absence", source: gateways, run: foreignRead(faultproxy.Foreign(204, false), faultproxy.Foreign(302, true), faultproxy.Foreign(403, true))},
	}
	for _, op := range []faultproxy.Op{
		faultproxy.Append, faultproxy.Create, faultproxy.Put, faultproxy.Copy, faultproxy.Delete, faultproxy.Head, faultproxy.Get, faultproxy.List,
	} {
		cases = append(cases, reported{
			name: fmt.Sprintf("foreign answers to %s during a push: it survives one, and what is acknowledged is stored", op), source: gateways, run: foreignPush(op),
		})
	}
	return cases
}()

// gatewayAnswers are those of [faultproxy.Foreigners] that a push is tried with; the fault matrix has all.
func gatewayAnswers() []faultproxy.Kind {
	return []faultproxy.Kind{
		faultproxy.Foreign(200, true), faultproxy.Foreign(200, false), faultproxy.Foreign(201, false), faultproxy.Foreign(202, true),
		faultproxy.Foreign(204, false), faultproxy.Foreign(302, true), faultproxy.Foreign(400, true), faultproxy.Foreign(403, true), faultproxy.Foreign(404, true),
		faultproxy.Foreign(404, false), faultproxy.Foreign(407, true), faultproxy.Foreign(409, false), faultproxy.Foreign(412, true), faultproxy.Foreign(502, true),
	}
}

func foreignPush(op faultproxy.Op) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"retry_delay": "20ms"})
		struck := 0
		for i, kind := range gatewayAnswers() {
			content := registrytest.Random(fmt.Sprint(l.Name(), i), 20*kibibyte)
			armed := l.Arm(faultproxy.Fault{Op: op, Kind: kind})
			err := l.pushLayer(r, "foreign/app", content, 2)
			if err == nil {
				err = l.pullLayer(r, "foreign/app", content) // under the fault if there was nothing to strike before
			}
			struck += armed.Struck()
			l.Disarm()
			if err == nil {
				err = l.pullLayer(r, "foreign/app", content)
			}
			if err != nil {
				l.Errorf("%v: %v", armed, err)
			}
		}
		require.Positive(l, struck, "no push makes such a request")
		l.Digests(l.T)
	}
}

func foreignRead(kinds ...faultproxy.Kind) func(*lab) {
	return func(l *lab) {
		patient, r := l.serve(nil), l.serve(hasty)
		image := l.image("read", 20*kibibyte)
		require.NoError(l, l.push(patient, "foreign/read:v1", image))
		for _, kind := range kinds {
			for _, op := range []faultproxy.Op{faultproxy.Get, faultproxy.Head} {
				for _, times := range []int{1, -1} {
					armed := l.Arm(faultproxy.Fault{Op: op, Kind: kind, Times: times})
					got := l.manifest(r, http.MethodGet, "foreign/read", "v1")
					if got.status == http.StatusNotFound {
						l.Errorf("%v, %d times: %d %s", armed, times, got.status, got.body)
					}
					l.Disarm()
				}
			}
		}
		require.NoError(l, l.pull(patient, "foreign/read:v1", image))
	}
}

func foreignDelete(statuses ...int) func(*lab) {
	return func(l *lab) {
		patient, r := l.serve(nil), l.serve(hasty)
		for i, times := range []int{1, -1} {
			for j, status := range statuses {
				kind := faultproxy.Foreign(status, status != http.StatusNoContent)
				image := l.image(fmt.Sprint("delete", i, j), 20*kibibyte)
				require.NoError(l, l.push(patient, "foreign/delete:v1", image))
				digest, err := image.Digest()
				require.NoError(l, err)
				armed := l.Arm(faultproxy.Fault{Op: faultproxy.Delete, Kind: kind, Times: times})
				got := l.manifest(r, http.MethodDelete, "foreign/delete", digest.String())
				l.MustHaveStruck(l.T)
				l.Disarm()
				still := l.manifest(patient, http.MethodGet, "foreign/delete", digest.String())
				if got.status == http.StatusAccepted && still.status != http.StatusNotFound {
					l.Errorf("%v, %d times: deleted, but it is there: %d", armed, times, still.status)
				}
			}
		}
	}
}
