package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A release is what `make release` made of a tag.
type release struct {
	tag, version, notes string
	candidate           bool // -rc1
	files               []file
}

// A file is one that is attached, whole in memory: the package has some ten megabytes.
type file struct {
	name, digest string
	bytes        []byte
}

// Forges rename what has other characters, and a second run would not find it.
var fileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]*[A-Za-z0-9]$`)

// releaseIn reads a folder; what SHA256SUMS says must be so. The checksums come last: a release without them is not whole.
func releaseIn(folder, tag string) (release, error) {
	r := release{tag: tag, version: strings.TrimPrefix(tag, "v"), candidate: strings.Contains(tag, "-rc")}
	const again = "\nhint: make release"
	notes, err := os.ReadFile(filepath.Join(folder, "NOTES.md")) //nolint:gosec // the folder that was named
	if err != nil {
		return r, unfit(fmt.Sprintf("%s is not what make release makes of a tag: %v%s", folder, err, again))
	}
	r.notes = strings.TrimSpace(string(notes))
	entries, err := os.ReadDir(folder)
	if err != nil {
		return r, unfit(err.Error())
	}
	for _, entry := range entries {
		name := entry.Name()
		if name == "NOTES.md" {
			continue
		}
		if !fileName.MatchString(name) {
			return r, unfit(fmt.Sprintf("%s: a forge would rename %q%s", folder, name, again))
		}
		content, err := os.ReadFile(filepath.Join(folder, name)) //nolint:gosec // the folder that was named
		if err != nil {
			return r, unfit(err.Error())
		}
		digest := sha256.Sum256(content)
		r.files = append(r.files, file{name, hex.EncodeToString(digest[:]), content})
	}
	slices.SortStableFunc(r.files, func(a, b file) int { return strings.Compare(last(a.name), last(b.name)) })
	if wrong := r.disagrees(); wrong != "" {
		return r, unfit(folder + ": " + wrong + again)
	}
	return r, nil
}

// last is a key by which checksums come last.
func last(name string) string {
	if strings.HasPrefix(name, "SHA256SUMS") {
		return "2"
	}
	return "1"
}

// disagrees is what is not as its checksums say, or of another version; "" = nothing.
func (r release) disagrees() string {
	sums := map[string]string{}
	for _, f := range r.files {
		if f.name == "SHA256SUMS" {
			for line := range strings.Lines(string(f.bytes)) {
				if digest, name, ok := strings.Cut(strings.TrimSpace(line), "  "); ok {
					sums[name] = digest
				}
			}
		}
	}
	if len(sums) == 0 {
		return "there is no SHA256SUMS"
	}
	ours := false
	for _, f := range r.files {
		ours = ours || strings.HasPrefix(f.name, "syncd_"+strings.ReplaceAll(r.version, "-", ".")+"-") && strings.HasSuffix(f.name, ".deb")
		if !strings.HasPrefix(f.name, "SHA256SUMS") && sums[f.name] != f.digest {
			return f.name + " is not what SHA256SUMS says"
		}
		delete(sums, f.name)
	}
	for name := range sums {
		return name + " is missing"
	}
	if !ours {
		return "there is no package of " + r.tag
	}
	return ""
}
