package isidoor

import (
	"reflect"
	"testing"

	"syncd/internal/config/strict"
)

// The defaults are what the public documentation says, and what is assumed beside it.
func TestSectionDefaults(t *testing.T) {
	t.Parallel()
	root, err := strict.Parse("config.toml", []byte("[isidoor]\nenvironment = \"test\"\nclient_id = \"our-editor\"\nclient_secret = { env = "+
		"\"SECRET\" }\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	p := ReadSection(root.Table("isidoor"))
	if _, err := root.Conclude(); err != nil {
		t.Fatal(err)
	}
	want := Section{
		TokenURL: "https://www.isidoor.org/Auth/connect/token", OAuthScope: "ApiIsidoor",
		DossierKey:   DossierKey{In: "header", Name: "X-Cle-Dossier"},
		Dossier:      DossierEndpoint{"GET", "/V2/Dossier", "/Siret"},
		Dictionnaire: DictionnaireEndpoint{"GET", "/V2/Dictionnaire", "", "/Nom", "/Code", "/Libelle", "/Actif"},
		Salarie:      SalarieEndpoint{"POST", "/V2/Salarie"},
	}
	if !reflect.DeepEqual(p.Own, want) {
		t.Errorf("got  %+v\nwant %+v", p.Own, want)
	}
	if secrets := p.Secrets(); p.ClientID != "our-editor" || len(secrets) != 1 || secrets[0].String() != "env SECRET" {
		t.Errorf("%s, %v", p.ClientID, secrets)
	}
}
