// Package doctor examines a section storage.azure of a registry's configuration as the
// driver would use it, and says in words what is wrong and what to do.
//
// The checks stand in the order in which one that fails explains the ones after it, from
// the text of the configuration by way of names, connection, clock and credential to the
// rights, the kind of account, redirects and speed. One that can't be made because an
// earlier one failed is skipped. So the first row that isn't ok names the cause.
//
// What is written lies below a prefix with a random name, which no registry lists, and is
// removed in the end, also after a failure and when the caller's context has ended. No row
// holds a secret.
package doctor
