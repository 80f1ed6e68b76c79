package handlers

// statusClientClosedRequest is the status of a response that nobody waits for
// any more. Logs and metrics show it, as those of other servers do.
const statusClientClosedRequest = 499
