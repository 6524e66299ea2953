// Package keyspace says what fills an etcd database: how many bytes each prefix of its keys takes, live and as history.
// It reads the file of a stopped member or of a snapshot, which it never writes to and whose values it never keeps.
//
// bbolt opens the file: it takes the lock and maps the file into memory. The pages are read by this package itself,
// because bbolt trusts them: on a damaged file it panics, or follows a page that leads back to itself for ever. Here
// every offset is checked, and what is wrong is a [DamagedError] that names the page.
//
// One goroutine calls [Open], then [DB.Read], then [DB.Close].
package keyspace
