// Package migrations embeds the numbered migrations of the ledger, and the SQL that users adapt.
package migrations

import (
	"embed"
)

// Ledger holds the goose migrations of the schema syncd.
//
//go:embed 0*.sql
var Ledger embed.FS

// Inbox holds the goose migrations of the schema inbox.
//
//go:embed inbox/0*.sql
var Inbox embed.FS

// All is what makes both schemas.
//
//go:embed 0*.sql inbox/0*.sql
var All embed.FS

// Page grants the role in the setting syncd.page_role what the operators' page needs of the ledger.
//
//go:embed web.sql
var Page string

// Staging makes the default staging tables.
//
//go:embed staging.sql
var Staging string

// Roles makes least-privilege roles.
//
//go:embed roles.sql
var Roles string
