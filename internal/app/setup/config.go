package setup

import (
	"fmt"
	"strings"

	"syncd"
	"syncd/internal/app"
	"syncd/internal/lazyregexp"
	"syncd/internal/partner"
	"syncd/internal/partner/preset"
	"syncd/internal/tomltext"
)

// head stands above a configuration, by its language.
var head = map[string]string{
	"fr": "# Écrit par « syncd setup ». Toutes les clés, expliquées : /usr/share/doc/syncd/config.fr.toml\n" +
		"# Après un changement : syncd-admin check, puis systemctl reload syncd\n",
	"en": "# Written by 'syncd setup'. Every key, explained: /usr/share/doc/syncd/config.toml\n" +
		"# After a change: syncd-admin check, then systemctl reload syncd\n",
}

// Text is the configuration, and the names of the secrets that it has to be given.
func (a *Answers) Text() (text string, credentials []string, err error) {
	language := a.Values["language"]
	top := head[language]
	if a.Instance != "" {
		top = strings.NewReplacer("syncd-admin ", "syncd-admin -i "+a.Instance+" ", "reload syncd", "reload syncd@"+a.Instance).Replace(top)
	}
	top += "language = " + tomltext.String(language) + "\n"
	if a.Instance != "" { // beside another, whose address is the usual one
		top += "\n[daemon]\nlisten = " + tomltext.String("unix:/run/syncd-"+a.Instance+"/http.sock") + "\n"
	}
	if a.Rehearsal {
		text, credentials, err = a.rehearsal()
		return top + text, credentials, err
	}
	w := &writer{}
	w.add("\n[database]\nurl = %s\n", tomltext.String("postgres:///"+a.Values["database"]))
	switch tables := a.Values["tables"]; tables {
	case "", DefaultTables, Here:
	case Apart:
		w.add("staging_url = %s\n", w.secret(stagingCredential))
	default:
		w.add("staging_url = %s\n", tomltext.String(tables))
	}
	w.add("ledger_key = %s\n", w.secret(ledgerKey))
	for _, p := range a.Partners() {
		w.partner(a, p)
	}
	for _, d := range a.Dossiers {
		w.dossier(a, d)
	}
	for _, p := range a.Partners() {
		if p.Reads != nil {
			w.add("\n[[job]]\nname = %s\nkind = \"pull\"\npartner = %s\nschedule = \"@hourly\"\n", tomltext.String(p.Name),
				tomltext.String(p.Name))
		}
	}
	if a.Sends() {
		w.add("\n%s", a.jobs())
	}
	return top + w.String(), w.credentials, nil
}

// writer writes a configuration.
type writer struct {
	strings.Builder
	credentials []string
}

func (w *writer) add(format string, args ...any) { fmt.Fprintf(&w.Builder, format, args...) }

// secret refers to one.
func (w *writer) secret(name string) string {
	w.credentials = append(w.credentials, name)
	return fmt.Sprintf("{ credential = %q }", name)
}

func (w *writer) partner(a *Answers, p *partner.Partner) {
	if p.Reads == nil {
		w.add("\n[%s]\n", p.Name)
	} else {
		w.add("\n[[partner]]\nname = %s\n", tomltext.String(p.Name))
	}
	w.add("environment = %s\n", tomltext.String(a.Values["environment"]))
	section, _, _ := p.Needs()
	w.needs(a, section, p.Name+".", p.Name+"-")
}

func (w *writer) dossier(a *Answers, d Dossier) {
	w.add("\n[[dossier]]\nname = %s\nlabel = %s\nsiret = %s\n", tomltext.String(d.Name), tomltext.String(d.Label), tomltext.String(d.Siret))
	for _, p := range a.Partners() {
		if p.Reads == nil {
			w.add("key = %s\n", w.secret("dossier-"+d.Name))
		}
	}
	for _, p := range a.Partners() {
		if _, needs, _ := p.Needs(); p.Reads != nil {
			w.add("[dossier.%s]\n", p.Name)
			w.needs(a, needs, d.Name+"."+p.Name+".", p.Name+"-"+d.Name+"-")
		}
	}
}

func (w *writer) needs(a *Answers, needs []preset.Need, value, credential string) {
	for _, need := range needs {
		written := tomltext.String(a.Values[value+need.Name])
		switch need.Kind {
		case preset.KindSecret:
			written = w.secret(credentialOf(credential, need.Name))
		case preset.KindDate:
			written = a.Values[value+need.Name]
		}
		w.add("%s = %s\n", need.Name, written)
	}
}

// jobs are those of the sample configuration that send, as the default tables have their columns.
func (a *Answers) jobs() string {
	_, text, _ := strings.Cut(plain(syncd.SampleConfig), "[[job]]")
	text = "[[job]]" + text
	if time := a.Values["schedule"]; time != "" {
		text = strings.Replace(text, "kind = \"push-salaries\"\n", "kind = \"push-salaries\"\nschedule = "+tomltext.String(time)+"\n", 1)
	}
	if schema := a.Values["schema"]; schema != "" {
		text = strings.ReplaceAll(text, " FROM staging.", " FROM "+schemaInQuery(schema)+".")
	}
	return text
}

// schemaInQuery is a schema's name within a query that stands in a text of TOML.
func schemaInQuery(name string) string {
	if strings.Contains(name, "-") {
		return `\"` + name + `\"`
	}
	return name
}

// rehearsal is the sample configuration of the partner's stand-in, without what it explains.
func (a *Answers) rehearsal() (text string, credentials []string, err error) {
	r := app.Rehearsal{Database: "postgres:///" + a.Values["database"], Listen: standInListens, Profile: a.Profile(),
		French: a.Values["language"] == "fr"}
	text, credentials, err = r.Config(func(name string) string { return fmt.Sprintf("{ credential = %q }", name) })
	return "\n" + plain(languageLine().ReplaceAllString(text, "")), credentials, err
}

// standInListens is where the stand-in of a rehearsal is.
const standInListens = "127.0.0.1:8089"

// Profile is that of the partner that is rehearsed.
func (a *Answers) Profile() string {
	for _, p := range a.Partners() {
		return p.StandIn.Profiles[0]
	}
	return ""
}

var (
	languageLine = lazyregexp.New(`(?m)^language = .*\n`)
	header       = lazyregexp.New(`(?m)^\[{1,2}[a-z._-]+\]{1,2}$`)
)

// plain is a configuration without comments, empty tables, and empty lines but those before a table.
func plain(text string) string {
	var kept []string
	pending := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(uncommented(line), " \t\n")
		switch {
		case line == "":
		case header().MatchString(line):
			pending = line
		default:
			if pending != "" {
				if len(kept) > 0 && !strings.Contains(pending, ".") || strings.HasPrefix(pending, "[[") {
					kept = append(kept, "")
				}
				kept, pending = append(kept, pending), ""
			}
			kept = append(kept, line)
		}
	}
	return strings.TrimLeft(strings.Join(kept, "\n"), "\n") + "\n"
}

// uncommented is a line up to a # that stands in no text.
func uncommented(line string) string {
	inside, escaped := false, false
	for i, r := range line {
		switch {
		case escaped:
			escaped = false
		case r == '\\':
			escaped = inside
		case r == '"':
			inside = !inside
		case r == '#' && !inside:
			return line[:i]
		}
	}
	return line
}
