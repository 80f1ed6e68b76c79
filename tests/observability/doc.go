// Package observability holds no code. Its tests hold what an operator looks at together: the
// driver's metrics and log lines, the alert rules and the dashboard in deploy/, and
// docs/operations.md; and they look at the spans that the registry's binary exports.
package observability
