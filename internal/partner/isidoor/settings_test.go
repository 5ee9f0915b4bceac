package isidoor

import (
	"reflect"
	"slices"
	"testing"
)

// harmless are the options that say how often and how long the API is asked, or who is told: they change no answer.
var harmless = []string{"MaxInFlight", "Runs", "RatePerSecond", "RequestTimeout", "ConnectTimeout", "RetryFor", "TechnicalTries",
	"RetryAfterCap", "ResendAmbiguous", "UserAgent", "Log", "Observe", "Section"}

// Another key, client, address or call is another setting, for which what was accepted before says nothing: each option
// counts, new ones as well, unless it is known to be harmless.
func TestSettingsAreAllThatDecidesAnAnswer(t *testing.T) {
	t.Parallel()
	of := func(o Options, key string) string { return made(t, o).Dossier(key).Settings() }
	base := testOptions()
	again := of(base, "a")
	if again != of(base, "a") || again == of(base, "b") {
		t.Error("a key is not what tells dossiers apart")
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Options]()) {
		changed := base
		if field.Anonymous || !change(reflect.ValueOf(&changed).Elem().FieldByIndex(field.Index)) {
			continue
		}
		c := made(t, base)
		c.options = changed
		if differs := c.Dossier("a").Settings() != of(base, "a"); differs == slices.Contains(harmless, field.Name) {
			t.Errorf("%s: differs is %t", field.Name, differs)
		}
	}
}

func made(t *testing.T, o Options) *Connection {
	t.Helper()
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// change makes another value of a field; false = it is a function.
func change(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(reflect.ValueOf("x").Convert(v.Type().Key()), reflect.Zero(v.Type().Elem()))
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
	case reflect.Struct:
		return v.NumField() > 0 && v.Field(0).CanSet() && change(v.Field(0))
	default:
		return false
	}
	return true
}
