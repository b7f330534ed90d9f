// Package compose holds what docker-compose.yml at the root refers to, and the checks that need no Docker engine: the file
// is loaded with the Compose specification's own library, its schema job is run against a private PostgreSQL, and its
// Temporal settings are read as the server reads them.
package compose
