package isidoor

import (
	"testing"
)

// What reading the section does not find.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Options){
		"path of [isidoor.dictionnaire] is \"/{key}\"\nhint: {key} is for [isidoor.salarie]":          func(o *Options) { o.Dictionnaire.Path = "/{key}" },
		"name or code of [isidoor.dictionnaire] is missing\nhint: the defaults are /Nom and /Code":    func(o *Options) { o.Dictionnaire.Name = "" },
		"path of [isidoor.salarie] is \"/V2/{period}\"\nhint: {period} is for [isidoor.salarie.read]": func(o *Options) { o.Salarie.Path = "/V2/{period}" },
	} {
		o := readOptions()
		change(&o)
		if _, err := Open(o); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}
