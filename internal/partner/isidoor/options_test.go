package isidoor

import (
	"strings"
	"testing"

	"syncd/internal/httpcall"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		"dossier_key cannot go in \"cookie\"\nhint: use header, query or path":                                                        func(o *Options) { o.KeyIn = "cookie" },
		"the query of the dossier key has no name\nhint: set name of dossier_key":                                                     func(o *Options) { o.KeyIn, o.KeyName = KeyInQuery, "" },
		"the dossier key cannot go in the header \"X Clé\"\nhint: take a name such as X-Cle-Dossier":                                  func(o *Options) { o.KeyName = "X Clé" },
		"the dossier key cannot go in the header \"X-IDEMPOTENCY-key\"\nhint: take a name such as X-Cle-Dossier":                      func(o *Options) { o.KeyName = "X-IDEMPOTENCY-key" },
		"the dossier key cannot go in the header \"idempotency_key\"\nhint: take a name such as X-Cle-Dossier":                        func(o *Options) { o.KeyName = "idempotency_key" },
		"the dossier key cannot go in the header \"X-Forwarded-For\"\nhint: take a name such as X-Cle-Dossier":                        func(o *Options) { o.KeyName = "X-Forwarded-For" },
		"the dossier key cannot go in the header \"authorization\"\nhint: take a name such as X-Cle-Dossier":                          func(o *Options) { o.KeyName = "authorization" },
		"the dossier key goes in the path, but a path has no {dossier}\nhint: write {dossier} where the key goes":                     func(o *Options) { o.KeyIn = KeyInPath },
		"a path holds {dossier}, but the dossier key goes in the header\nhint: set dossier_key = { in = \"path\" }":                   func(o *Options) { o.Salarie.Path = "/V2/{dossier}" },
		"the dossier key cannot go in the header \"content-type\"\nhint: take a name such as X-Cle-Dossier":                           func(o *Options) { o.KeyName = "content-type" },
		"path of [isidoor.dossier] is \"V2\"\nhint: start it with a slash":                                                            func(o *Options) { o.Dossier.Path = "V2" },
		"path of [isidoor.dictionnaire] is \"/{key}\"\nhint: {key} is for [isidoor.salarie]":                                          func(o *Options) { o.Dictionnaire.Path = "/{key}" },
		"method of [isidoor.salarie] is \"GET\"\nhint: use POST, PUT or PATCH":                                                        func(o *Options) { o.Salarie.Method = "GET" },
		"method of [isidoor.dossier] is \"DELETE\"\nhint: use GET or POST":                                                            func(o *Options) { o.Dossier.Method = "DELETE" },
		"identity is \"Siret\", which does not start with a slash\nhint: write a JSON pointer such as /Code":                          func(o *Options) { o.Dossier.Identity = "Siret" },
		"code of [isidoor.dictionnaire] is \"Code\", which does not start with a slash\nhint: write a JSON pointer such as /Code":     func(o *Options) { o.Dictionnaire.Code = "Code" },
		"name or code of [isidoor.dictionnaire] is missing\nhint: the defaults are /Nom and /Code":                                    func(o *Options) { o.Dictionnaire.Name = "" },
		"path of [isidoor.salarie] is \"/V2/{period}\"\nhint: {period} is for [isidoor.salarie.read]":                                 func(o *Options) { o.Salarie.Path = "/V2/{period}" },
		"path of [isidoor.salarie.read] is \"V2/{key}\"\nhint: start it with a slash":                                                 func(o *Options) { o.Read.Path = "V2/{key}" },
		"path of [isidoor.salarie.read] is \"/V2/Salarie\", which asks for nobody\nhint: write {key} where the matricule goes":        func(o *Options) { o.Read.Path = "/V2/Salarie" },
		"method of [isidoor.salarie.read] is \"PUT\"\nhint: use GET or POST":                                                          func(o *Options) { o.Read.Method = "PUT" },
		"document of [isidoor.salarie.read] is \"data\", which does not start with a slash\nhint: write a JSON pointer such as /Code": func(o *Options) { o.Read.Document = "data" },
		"the dossier key goes in the path, but a path has no {dossier}\nhint: write {dossier} where the key goes  ": func(o *Options) {
			o.KeyIn, o.Dossier.Path, o.Salarie.Path = KeyInPath, "/{dossier}", "/{dossier}/Salarie"
		},
		"a path holds {dossier}, but the dossier key goes in the header\nhint: set dossier_key = { in = \"path\" }  ": func(o *Options) { o.Read.Path = "/{dossier}/{key}" },
	} {
		o := readOptions()
		change(&o)
		want = strings.TrimSpace(want) // one message can have several causes
		if _, err := Open(o); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestOpenRefusesAnswerRules(t *testing.T) {
	t.Parallel()
	const pointerHint = "\nhint: write a JSON pointer such as /Code"
	for want, rules := range map[string]httpcall.AnswerRules{
		"[isidoor.salarie.answer] tells nothing of a refusal\nhint: set code and success, errors, or texts, or message alone, or leave the section out": {Items: "/resultats"},
		"code of [isidoor.salarie.answer] is set, but not success\nhint: list the codes that accept, such as [\"0\"]":                                   {Code: "/c", Errors: []string{"/e"}},
		"success of [isidoor.salarie.answer] is set, but not code\nhint: name the member that holds the code":                                           {Success: []string{"0"}, Errors: []string{"/e"}},
		"errors of [isidoor.salarie.answer] holds an empty pointer\nhint: write a JSON pointer such as /Erreurs":                                        {Errors: []string{"/e", ""}},
		"items of [isidoor.salarie.answer] is \"resultats\", which does not start with a slash" + pointerHint:                                           {Items: "resultats", Errors: []string{"/e"}},
		"code of [isidoor.salarie.answer] is \"codeRetour\", which does not start with a slash" + pointerHint:                                           {Code: "codeRetour", Success: []string{"0"}},
		"errors of [isidoor.salarie.answer] is \"$.Erreurs\", which does not start with a slash" + pointerHint:                                          {Errors: []string{"/e", "$.Erreurs"}},
		"message of [isidoor.salarie.answer] is \"libelle\", which does not start with a slash" + pointerHint:                                           {Errors: []string{"/e"}, Message: "libelle"},
	} {
		o := testOptions()
		o.Answer = &rules
		if _, err := Open(o); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
