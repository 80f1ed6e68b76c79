// Package budget decides how long an operation that makes no progress is tried again.
//
// Two limits hold at once, because a storage service fails in two ways:
//
//   - It is busy. Azure answers 503 ServerBusy or 429 when a storage account is over its limits, sometimes for a
//     minute and more, and says so within milliseconds. A count of attempts would be used up in seconds and fail a push
//     that only had to wait. So attempts that the service itself turned away for being busy don't count; time alone
//     bounds them.
//   - It is dead, or a connection to it has stalled. Then every attempt takes as long as its timeout, and a count of
//     attempts would hold a client, and its connection to the registry, for the timeout times the count. So time
//     bounds the attempts that count too, and an attempt under way is cut when the time is spent.
//
// Where bytes can be seen to move, a limit notices that they don't any more; how long the whole takes says nothing.
//
// Both limits speak of attempts and time without progress. Whoever makes progress says so by [Budget.Reset], so a
// large upload on a poor line goes on for as long as it moves.
package budget
