// Package bench measures the program against yardsticks that run beside it: a plain HTTP client that records nothing,
// and psql's COPY of the same queries. `make bench` runs it; docs/performance.md quotes it. It has no code of its own.
package bench
