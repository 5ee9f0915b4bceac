// Package iopole is the partner Iopole: what is new of invoices and statuses is read, and acknowledged once it is stored.
package iopole

import (
	_ "embed"

	"syncd/internal/partner/preset"
)

//go:embed iopole.toml
var defaults []byte

// Definition is all of it. Nothing else is ever asked for there.
var Definition = preset.Definition{
	Name:   "iopole",
	Preset: defaults,
	Calls: []string{
		"GET /v1/config/customer/id", "GET /v1/config/webhook", "GET /v1/invoice/notSeen", "GET /v1/invoice/status/notSeen",
		"GET /v1/invoice/{…}", "GET /v1/invoice/{…}/files", "GET /v1/invoice/file/{…}/download", "GET /v1.1/invoice/search",
	},
	Writes: []string{"PUT /v1/invoice/{…}/markAsSeen", "PUT /v1/invoice/status/{…}/markAsSeen"},
}
