// Package syntax edits Go files by what is in them: a declaration, a
// statement, a field. An edit names its place, so that it holds wherever the
// lines are, and it changes nothing else: what it doesn't name stays byte for
// byte.
//
// Places are found on the syntax tree and changed in the text. The text is
// read again after each edit, so that edits see what earlier ones left.
package syntax
