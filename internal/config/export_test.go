package config

import "syncd/internal/jobs"

// testSections are those of the partners: their packages import this one, so a test of another package gives them.
var testSections []Section

// SetTestSections gives the tests the sections of the partners.
func SetTestSections(sections []Section) { testSections = sections }

// Reads reports whether there is a form for jobs of a kind.
func Reads(kind jobs.Kind) bool { _, known := forms[kind]; return known }
