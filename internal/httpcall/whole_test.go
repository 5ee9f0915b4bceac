package httpcall

import (
	"net/http"
	"strings"
	"testing"

	"syncd/internal/jobs"
)

// A list that goes on somewhere else is not whole: whatever codes are missing would be taken for withdrawn.
func TestListsThatGoOn(t *testing.T) {
	t.Parallel()
	const one = `{"Nom":"Civilite","Code":"M"}`
	for name, test := range map[string]struct {
		headers []string
		items   string
		body    string
		part    bool
	}{
		"an array":           {nil, "", `[` + one + `]`, false},
		"a link to the next": {[]string{"Link", `<https://a/?page=1>; rel="prev", <https://a/?page=3>; rel="next"`}, "", `[` + one + `]`, true},
		"several relations":  {[]string{"Link", `<https://a/?page=3>; title=x; REL="last next"`}, "", `[` + one + `]`, true},
		"bare relation":      {[]string{"Link", `<https://a/?page=3>;rel=next`}, "", `[` + one + `]`, true},
		"other links":        {[]string{"Link", `<https://a/next>; rel="prev", <https://a/>; rel="nextofkin"`}, "", `[` + one + `]`, false},
		"a range":            {[]string{"Content-Range", "items 0-0/200"}, "", `[` + one + `]`, true},
		"a later range":      {[]string{"Content-Range", "items 5-5/6"}, "", `[` + one + `]`, true},
		"an open range":      {[]string{"Content-Range", "items 0-0/*"}, "", `[` + one + `]`, true},
		"the whole range":    {[]string{"Content-Range", "items 0-0/1"}, "", `[` + one + `]`, false},
		"a total":            {[]string{"X-Total-Count", "60"}, "", `[` + one + `]`, true},
		"an equal total":     {[]string{"X-Total-Count", "1"}, "", `[` + one + `]`, false},
		"pages":              {[]string{"X-WP-TotalPages", "2"}, "", `[` + one + `]`, true},
		"a continuation":     {[]string{"x-ms-continuation", "abc"}, "", `[` + one + `]`, true},
		"pagination of .NET": {[]string{"X-Pagination", `{"TotalCount":60,"HasNext":true}`}, "", `[` + one + `]`, true},
		"one page of .NET":   {[]string{"X-Pagination", `{"TotalCount":1,"TotalPages":1,"HasNext":false}`}, "", `[` + one + `]`, false},
		"a total beside":     {nil, "/items", `{"items":[` + one + `],"total":2}`, true},
		"a total as text":    {nil, "/items", `{"items":[` + one + `],"Total":"2"}`, true},
		"the same beside":    {nil, "/items", `{"items":[` + one + `],"count":1,"hasMore":false,"next":null,"page":1}`, false},
		"OData":              {nil, "/value", `{"value":[` + one + `],"@odata.count":7}`, true},
		"OData's link":       {nil, "/value", `{"value":[` + one + `],"@odata.nextLink":"https://a/"}`, true},
		"OData, all":         {nil, "/value", `{"@odata.context":"x","value":[` + one + `],"@odata.count":1}`, false},
		"more":               {nil, "/items", `{"items":[` + one + `],"has_more":true}`, true},
		"not the last":       {nil, "/content", `{"content":[` + one + `],"last":false}`, true},
		"the last":           {nil, "/content", `{"content":[` + one + `],"last":true,"totalElements":1,"totalPages":1}`, false},
		"meta":               {nil, "/data", `{"data":[` + one + `],"meta":{"total":3}}`, true},
		"HAL": {nil, "/_embedded/codes", `{"_embedded":{"codes":[` + one +
			`]},"_links":{"self":{"href":"a"},"next":{"href":"b"}}}`, true},
		"HAL's last": {nil, "/_embedded/codes", `{"_embedded":{"codes":[` + one +
			`]},"_links":{"self":{"href":"a"},"last":{"href":"a"}}}`, false},
		"links": {nil, "/items", `{"items":[` + one + `],"links":[{"rel":"self"},{"Rel":"Next","href":"b"}]}`, true},
		"Chorus": {nil, "/liste", `{"codeRetour":0,"liste":[` + one +
			`],"parametresRetour":{"pageCourante":1,"pages":3,"total":25}}`, true},
		"Chorus, one page": {nil, "/liste", `{"codeRetour":0,"liste":[` + one +
			`],"parametresRetour":{"pageCourante":1,"pages":1,"total":1}}`, false},
		"French":               {nil, "/Lignes", `{"Lignes":[` + one + `],"NombreTotal":2}`, true},
		"other members":        {nil, "/items", `{"items":[` + one + `],"version":12,"dossier":{"total":300}}`, false},
		"fewer, and not whole": {nil, "/items", `{"items":[],"total":60}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &script{steps: []step{func(*http.Request) (*http.Response, error) { return response(200, test.body, test.headers...), nil }}}
			c := s.open(t, func(o *toyOptions) { o.Items = test.items })
			_, err := c.Dossier(testKey).Nomenclatures(t.Context())
			if !test.part {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				t.Fatal("taken for whole")
			}
			if call := callError(t, err); call.Class != jobs.ClassConfiguration || call.Status != 200 || len(s.calls) != 1 ||
				!strings.HasPrefix(call.Problem, "the answer is a part of the list only: ") || !strings.Contains(call.Hint, "[partner.dictionnaire]") {
				t.Errorf("%+v", call)
			}
		})
	}
	s := &script{steps: []step{answers(206)}}
	if _, err := s.open(t, nil).Dossier(testKey).Nomenclatures(t.Context()); callError(t,
		err).Problem != "answered 206 Partial Content, a part of the answer only" {
		t.Error(err)
	}
}
