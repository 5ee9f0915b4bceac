package config

import "strings"

// Language is the language of what operators read, "fr" or "en": as configured, else as the locale says.
func (c *Config) Language(getenv func(string) string) string {
	if c.language != "" {
		return c.language
	}
	return LocaleLanguage(getenv)
}

// LocaleLanguage is the language that the locale asks for, by the rules of POSIX: "fr" or, for all others, "en". It
// serves where no configuration could be read.
func LocaleLanguage(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		locale := getenv(name)
		if locale == "" {
			continue
		}
		if end := strings.IndexAny(locale, "_.@"); end >= 0 {
			locale = locale[:end]
		}
		if locale == "fr" {
			return "fr"
		}
		return "en"
	}
	return "en"
}
