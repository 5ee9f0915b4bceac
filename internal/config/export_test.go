package config

// testSections are those of the partners: their packages import this one, so a test of another package gives them.
var testSections []Section

// SetTestSections gives the tests the sections of the partners.
func SetTestSections(sections []Section) { testSections = sections }
