// Package tools pins the programs that check this repository, in a module of
// their own so that nothing of theirs reaches what users deploy.
package tools
