package isidoor

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"syncd/internal/jobs"
)

// byContract is another shape than that of testOptions.
var byContract = Shape{SalarieMethod: "PUT", KeyIn: KeyInQuery, KeyName: "cle"}

func TestAdopt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		shapes []Shape
		want   string
		header string // that carries the key
	}{
		"nothing":               {nil, "POST /Api2/V2/Salarie", "X-Cle-Dossier"},
		"all":                   {[]Shape{byContract}, "PUT /Api2/V2/Salarie?cle=" + testKey, ""},
		"the method alone":      {[]Shape{{SalarieMethod: "PATCH"}}, "PATCH /Api2/V2/Salarie", "X-Cle-Dossier"},
		"the name alone":        {[]Shape{{KeyName: "x-key"}}, "POST /Api2/V2/Salarie", "X-Key"},
		"the last one":          {[]Shape{byContract, {SalarieMethod: "PUT"}}, "PUT /Api2/V2/Salarie", "X-Cle-Dossier"},
		"back to the options":   {[]Shape{byContract, {}}, "POST /Api2/V2/Salarie", "X-Cle-Dossier"},
		"the same twice":        {[]Shape{byContract, byContract}, "PUT /Api2/V2/Salarie?cle=" + testKey, ""},
		"what the options say":  {[]Shape{{"POST", KeyInHeader, "X-Cle-Dossier"}}, "POST /Api2/V2/Salarie", "X-Cle-Dossier"},
		"a name and its escape": {[]Shape{{KeyIn: KeyInQuery, KeyName: "clé&x"}}, "POST /Api2/V2/Salarie?cl%C3%A9%26x=" + testKey, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				if got := r.Method + " " + r.RequestURI; got != test.want {
					t.Errorf("request %s, want %s", got, test.want)
				}
				if in := test.header != ""; (r.Header.Get(test.header) == testKey) != in || !in && strings.Contains(mustJSON(t, r.Header), testKey) {
					t.Errorf("headers %v", r.Header)
				}
				w.WriteHeader(http.StatusBadRequest)
			})
			c := p.open(t, nil)
			api := c.Dossier(testKey)
			for _, shape := range test.shapes {
				if err := c.Adopt(shape); err != nil {
					t.Fatal(err)
				}
			}
			method, _, _ := strings.Cut(test.want, " ")
			if call := callError(t, sendBy(api, "00042").Err); call.Call != method+" /V2/Salarie" {
				t.Errorf("the call is named %q", call.Call)
			}
		})
	}
}

// The place of the key is that of all calls.
func TestAdoptedKeyPlaceOfOtherCalls(t *testing.T) {
	t.Parallel()
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cle") != testKey || r.Method != http.MethodGet || r.Header.Get("X-Cle-Dossier") != "" {
			t.Errorf("request %s %s, %v", r.Method, r.RequestURI, r.Header)
		}
		w.WriteHeader(http.StatusNotFound)
	})
	c := p.open(t, withRead)
	if err := c.Adopt(byContract); err != nil {
		t.Fatal(err)
	}
	api := c.Dossier(testKey)
	if _, err := api.Identity(t.Context()); callError(t, err).Call != "GET /V2/Dossier" {
		t.Error(err)
	}
	if _, err := api.Dictionary(t.Context()); callError(t, err).Call != "GET /V2/Dictionnaire" {
		t.Error(err)
	}
	if document, err := api.Read(t.Context(), "00042", "2026-11"); document != nil || err != nil {
		t.Errorf("%s, %v", document, err)
	}
}

func TestAdoptRefuses(t *testing.T) {
	t.Parallel()
	const prefix = "adopting what the contract says of the calls: "
	c := (&script{steps: []step{answers(200)}}).open(t, nil)
	if err := c.Adopt(byContract); err != nil {
		t.Fatal(err)
	}
	before := c.calls.Load()
	for want, shape := range map[string]Shape{
		"method of [isidoor.salarie] is \"GET\"\nhint: use POST, PUT or PATCH":                                                {SalarieMethod: "GET"},
		"method of [isidoor.salarie] is \"put\"\nhint: use POST, PUT or PATCH":                                                {SalarieMethod: "put"},
		"dossier_key cannot go in \"cookie\"\nhint: use header, query or path":                                                {KeyIn: "cookie"},
		"the dossier key cannot go in the header \"Idempotency-Key\"\nhint: take a name such as X-Cle-Dossier":                {KeyName: "Idempotency-Key"},
		"the dossier key cannot go in the header \"Host\"\nhint: take a name such as X-Cle-Dossier":                           {KeyName: "Host"},
		"the dossier key cannot go in the header \"a\\r\\nb\"\nhint: take a name such as X-Cle-Dossier":                       {KeyIn: KeyInHeader, KeyName: "a\r\nb"},
		"the dossier key goes in the path, but a path has no {dossier}\nhint: write {dossier} where the key goes":             {KeyIn: KeyInPath},
		"the dossier key cannot go in the header \"authorization\"\nhint: take a name such as X-Cle-Dossier":                  {"PUT", "", "authorization"},
		"the dossier key cannot go in the header \"Content-length\"\nhint: take a name such as X-Cle-Dossier":                 {"PATCH", "", "Content-length"},
		"the dossier key cannot go in the header \"transfer-encoding\"\nhint: take a name such as X-Cle-Dossier":              {"", "header", "transfer-encoding"},
		"the dossier key cannot go in the header \"clé\"\nhint: take a name such as X-Cle-Dossier":                            {"", "header", "clé"},
		"method of [isidoor.salarie] is \"\\\"><script>\"\nhint: use POST, PUT or PATCH":                                      {SalarieMethod: `"><script>`},
		"the dossier key cannot go in the header \"" + strings.Repeat(" ", 3) + "\"\nhint: take a name such as X-Cle-Dossier": {KeyName: "   "},
	} {
		if err := c.Adopt(shape); err == nil || err.Error() != prefix+want {
			t.Errorf("%+v: got %v\nwant %s", shape, err, prefix+want)
		}
	}
	if c.calls.Load() != before {
		t.Error("a refused shape changed the calls")
	}
	if err := c.Adopt(byContract); err != nil || c.calls.Load() != before {
		t.Errorf("the same shape was made again: %v", err)
	}
}

// A run keeps the shape of its first call, whatever another run adopts meanwhile; the next run has the new one.
func TestAdoptLeavesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		note := func(status int) step {
			return func(req *http.Request) (*http.Response, error) {
				seen = append(seen, req.Method+" "+req.URL.RawQuery+req.Header.Get("X-Cle-Dossier"))
				return answers(status)(req)
			}
		}
		s := &script{steps: []step{note(503), note(200)}}
		c := s.open(t, func(o *Options) {
			withRead(o)
			o.TechnicalTries = 1
		})
		api := c.Dossier(testKey)
		var first sync.WaitGroup
		first.Go(func() { sendBy(api, "00042") })
		synctest.Wait()
		if err := c.Adopt(byContract); err != nil {
			t.Error(err)
		}
		time.Sleep(time.Minute)
		first.Wait()
		sendBy(api, "00043")
		for _, read := range readings(t, api) {
			read()
		}
		send(c, "00042")
		want := "POST K,POST K,POST K,GET K,GET K,GET periode=2026-11K,PUT cle=K"
		if got := strings.ReplaceAll(strings.Join(seen, ","), testKey, "K"); got != want {
			t.Errorf("requests %s, want %s", got, want)
		}
	})
}

// readings are the calls that read. What is answered plays no part here.
func readings(t *testing.T, api jobs.API) []func() {
	t.Helper()
	return []func(){
		func() { _, _ = api.Identity(t.Context()) },
		func() { _, _ = api.Dictionary(t.Context()) },
		func() { _, _ = api.Read(t.Context(), "00042", "2026-11") },
	}
}

// The first call of a run is what settles its shape, not the making of its API: before it the run adopts its contract.
func TestAnyFirstCallSettlesTheShape(t *testing.T) {
	t.Parallel()
	for i, first := range []string{"identity", "dictionary", "read"} {
		t.Run(first, func(t *testing.T) {
			t.Parallel()
			p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("cle") != testKey || r.Header.Get("X-Cle-Dossier") != "" || r.Method == "POST" {
					t.Errorf("request %s %s, %v", r.Method, r.RequestURI, r.Header)
				}
				discard(w, r)
			})
			c := p.open(t, withRead)
			api := c.Dossier(testKey)
			if err := c.Adopt(byContract); err != nil {
				t.Fatal(err)
			}
			readings(t, api)[i]()
			if err := c.Adopt(Shape{}); err != nil {
				t.Fatal(err)
			}
			if out := sendBy(api, "00042"); out.Class != jobs.ClassAccepted {
				t.Errorf("outcome %+v", out)
			}
		})
	}
}

// Whatever is adopted meanwhile, all requests of a run are of one shape.
func TestAdoptUnderConcurrentSends(t *testing.T) {
	t.Parallel()
	var runs sync.Map // the shape of each, by the beginning of its keys
	p := newPartner(t, func(w http.ResponseWriter, r *http.Request) {
		header, query := r.Header.Get("X-Cle-Dossier"), r.URL.Query().Get("cle")
		old := r.Method == "POST" && strings.HasPrefix(header, testKey) && query == ""
		if adopted := r.Method == "PUT" && header == "" && strings.HasPrefix(query, testKey); !old && !adopted {
			t.Errorf("request %s %s of no shape, header %q", r.Method, r.RequestURI, header)
		}
		if first, _ := runs.LoadOrStore(header+query, r.Method); first != r.Method {
			t.Errorf("a run that began with %v went on with %s", first, r.Method)
		}
		discard(w, r)
	})
	c := p.open(t, func(o *Options) { o.MaxInFlight, o.Runs = 4, 4 })
	var sending, adopting sync.WaitGroup
	done := make(chan struct{})
	for lane := range 4 {
		sending.Go(func() {
			for run := range 5 {
				api := c.Dossier(fmt.Sprintf("%s-%d-%d", testKey, lane, run))
				var pushes sync.WaitGroup
				for range 4 {
					pushes.Go(func() {
						for range 5 {
							if out := sendBy(api, "00042"); out.Class != jobs.ClassAccepted {
								t.Errorf("outcome %+v", out)
							}
						}
					})
				}
				pushes.Wait()
			}
		})
	}
	adopting.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			if err := c.Adopt([]Shape{{}, byContract}[n%2]); err != nil {
				t.Error(err)
			}
		}
	})
	sending.Wait()
	close(done)
	adopting.Wait()
}

// A refused key is looked for where it went, which the configuration may not say.
func TestRefusedKeyIsNamedWhereItWent(t *testing.T) {
	t.Parallel()
	const silent = "wrong dossier key? check key of the [[dossier]] and dossier_key of [isidoor]"
	const granted = "wrong dossier key? check key of the [[dossier]], and what the partner granted this client"
	const said = "wrong dossier key? the API's contract says that it goes in the "
	const check = ": check key of the [[dossier]], and write dossier_key of [isidoor] if that is wrong"
	for name, test := range map[string]struct {
		status int
		shape  Shape
		want   string
	}{
		"as configured":      {401, Shape{}, silent},
		"the same by chance": {403, Shape{"PUT", KeyInHeader, "x-cle-dossier"}, granted},
		"in the query":       {401, byContract, said + `query parameter "cle"` + check},
		"another header":     {403, Shape{KeyName: "X-Key"}, said + `header "X-Key"` + check},
		"a hostile name":     {403, Shape{KeyIn: KeyInQuery, KeyName: "a\x1b]0;\u202e" + strings.Repeat("x", 99)}, said + `query parameter "a\x1b]0;\u202e` + strings.Repeat("x", 54) + `"` + check},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := (&script{steps: []step{answers(test.status)}}).open(t, nil)
			if err := c.Adopt(test.shape); err != nil {
				t.Fatal(err)
			}
			if got := callError(t, send(c, "00042").Err).Hint; got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if _, err := c.Dossier(testKey).Identity(t.Context()); callError(t, err).Hint != test.want {
				t.Error(err)
			}
		})
	}
}

func TestAdoptingTheSameCostsNothing(t *testing.T) {
	c := (&script{steps: []step{answers(200)}}).open(t, nil)
	if err := c.Adopt(byContract); err != nil {
		t.Fatal(err)
	}
	cost := testing.AllocsPerRun(100, func() {
		if err := c.Adopt(byContract); err != nil {
			t.Error(err)
		}
	})
	if cost != 0 {
		t.Errorf("%v allocations", cost)
	}
}
