// Package pgtest gives each test a PostgreSQL database of its own in a few milliseconds.
//
// The test binary's first call starts a private server on memory, without durability; Main stops it when the tests are
// over. On Linux it also ends when the test binary is killed; what such a binary leaves on disk, the next one clears
// away. With TEST_DATABASE_URL set (a superuser's, or one that may create databases) that server is used instead, and
// several test binaries may share it.
//
// A schema is migrated once, into a template database that a key names, and copied for each test. The key must change
// with the schema: a hash of the migrations serves.
package pgtest
