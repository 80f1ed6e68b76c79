// Package faultproxy is an HTTP proxy that stands between a client and a Blob service and
// loses, delays, repeats and mangles on purpose.
//
//	srv := azurite.Shared(t)
//	p := faultproxy.ForTest(t, srv.URL)   // fails the test if an armed fault never strikes
//	client, err := srv.ClientAt(p.URL())
//
//	// The second append lands, but its answer is lost.
//	p.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.ResetAfter, Skip: 1})
//
// # Faults
//
// A [Fault] names an operation ([Op]), what happens to it ([Kind]), and to which of the
// matching requests it happens. [Proxy.Arm] arms one, [Proxy.Random] arms a share of all
// requests, [Proxy.Disarm] takes everything back. Armed faults are asked in the order in
// which they were armed; the first that strikes has the request to itself.
//
// A kind's name says what became of the request:
//
//	...Before   it never reached the service
//	...After    it was carried out, and the client gets a wrong answer or none
//
// The kinds (kind.go):
//
//	OperationTimedOutBefore  OperationTimedOutAfter   500 OperationTimedOut
//	InternalErrorBefore      InternalErrorAfter       500 InternalError
//	ServerBusyBefore         ServerBusyAfter          503 ServerBusy, Retry-After: 1
//	TooManyRequestsBefore    TooManyRequestsAfter     429 TooManyRequests, Retry-After: 1
//	BadGatewayBefore         BadGatewayAfter          502 in HTML, as a proxy in between gives it
//	ResetBefore              ResetAfter               TCP reset, after the request's body was read
//	ResetMidBody                                      TCP reset half-way through the request's body
//	StallBefore              StallAfter               no answer until the client gives up or the proxy closes
//	StallMidBody                                      the same, half-way through the request's body
//	FlipRequest              FlipResponse             one byte of the body is changed
//	CutResponse, CutAfter(n)                          half (n bytes) of the response's body, then TCP reset
//	Late, LateBy(d)                                   500 OperationTimedOut now; the request is carried out 2 s (d) later
//	LateUntil(released)                               the same; the request is carried out when the test says so
//	Twice                                             carried out, then again; the second answer is given
//	InvalidBlobType                                   409 InvalidBlobType, not forwarded
//	Answer(reply)                                     any answer, not forwarded
//	AnswerAfter(reply)                                carried out, any answer
//	CopyPending(d), CopyFailed, CopyAborted           copies that take time, or end badly
//	Unanswered(kind)                                  what the kind does, and no answer
//
// Answers that aren't the service's, as gateways and sign-in pages give them (foreign.go):
//
//	Foreign(status, html)  ForeignAfter(status, html)  without any of the service's headers; [Foreigners] lists them
//
// What happens to requests that succeed (interference.go):
//
//	Delayed(d)                                        carried out, the answer comes d later
//	NoLength                                          a body without Content-Length
//	WrongMD5                                          a Content-MD5 that isn't the content's
//	NoContentIDs                                      a batch's parts without their Content-ID
//	IgnoreRange                                       the whole instead of the part asked for
//	Scanned                                           somebody changes the blob's metadata afterwards
//
// What the service refuses on accounts that an emulator doesn't know (refusals.go): SnapshotsPresent,
// LeaseIDMissing, BlobImmutable, BlobArchived, PendingCopyOperation, PermissionMismatch, KeysOff,
// DirectoryNotEmpty, CannotVerifyCopySource(status), RetryAfter(value).
//
// The options [Hierarchical] and [Versioned] make the target look like an account of that kind throughout.
// A token endpoint can stand behind a proxy like a service: its requests are Get or Other.
//
// Azurite accepts some requests that the service refuses. With the option [Strict] the proxy
// refuses them. [Transient] lists the kinds that a client has to live through.
//
// # Seeing
//
// [Proxy.Requests] counts what arrived by operation, [Proxy.Log] lists the last requests
// with what became of them, [Armed.Struck] counts the strikes of one fault, and [Armed.Wait]
// waits for the first. [Proxy.Settle] waits until no late request is outstanding.
//
// # Shaping
//
// [Proxy.SetLatency] and [Proxy.SetBandwidth] make the link slow, while it is in use too.
//
// Without a fault that matches, a body is streamed, never gathered, so that the proxy may stand
// in the path of very large blobs. The proxy listens on 127.0.0.1 only, speaks HTTP/1.1
// without TLS to the client, and HTTP or HTTPS to the service. The Host header and
// the request target reach the service as the client sent them, so shared-key and SAS
// signatures hold.
package faultproxy
