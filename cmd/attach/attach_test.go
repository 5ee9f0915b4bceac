package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const token, commit = "t0k-3n", "0123456789abcdef"

// made is a folder as make release makes it.
func made(t *testing.T) (dir string, files map[string]string) {
	t.Helper()
	dir = t.TempDir()
	files = map[string]string{"syncd_1.2.0-1_amd64.deb": "package", "syncd_1.2.0-1_amd64.cdx.json": "{}"}
	var sums string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sums += fmt.Sprintf("%x  %s\n", sha256.Sum256([]byte(files[name])), name)
	}
	files["SHA256SUMS"] = sums
	for name, content := range files {
		write(t, dir, name, content)
	}
	write(t, dir, "NOTES.md", "- Something.\n")
	return dir, files
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// asset is a file that a stand-in has.
type asset struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Size  int    `json:"size"`
	State string `json:"state,omitempty"`
	// GitHub tells the checksum, the others let read.
	Digest string `json:"digest,omitempty"`
	URL    string `json:"browser_download_url,omitempty"`
	bytes  string
}

// standIn is a forge: of the shape of GitHub, or of Gitea and Forgejo, or of GitLab. It refuses what has not its token.
type standIn struct {
	*httptest.Server
	t      *testing.T
	gitHub bool
	store  *httptest.Server // where GitLab sends who wants a file

	mu        sync.Mutex
	tags      map[string]string
	releases  []map[string]any
	assets    []asset
	links     []map[string]any
	uploads   []string // what was tried, in this order
	breaks    func(upload int) (stored bool, status int)
	garbles   bool // what is stored
	hides     bool // the files of a draft
	elsewhere bool // stand the files
}

func newStandIn(t *testing.T) *standIn {
	t.Helper()
	s := &standIn{t: t, tags: map[string]string{"v1.1.0": "other", "v1.2.0": commit}}
	mux := http.NewServeMux()
	s.actions(mux)
	s.gitLab(mux)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+token && r.Header.Get("Job-Token") != token {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprintf(w, `{"message": "not %s"}`, r.Header.Get("Authorization"))
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	s.store = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(fmt.Sprint(r.Header), token) {
			t.Errorf("the store is told the token: %v", r.Header)
		}
		_, _ = io.WriteString(w, r.URL.Query().Get("content"))
	}))
	t.Cleanup(s.store.Close)
	return s
}

func answer(w http.ResponseWriter, status int, what any) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(what)
}

// page answers one page of a list, of one thing each, as long lists are.
func page[T any](w http.ResponseWriter, r *http.Request, all []T) {
	n, _ := strconv.Atoi(r.URL.Query().Get("page"))
	if n > len(all) {
		all = nil
	} else {
		all = all[n-1 : n]
	}
	answer(w, http.StatusOK, append([]T{}, all...))
}

// upload keeps a file, or does what the test wants of it.
func (s *standIn) upload(w http.ResponseWriter, name, content string) {
	s.uploads = append(s.uploads, name)
	stored, status := true, http.StatusCreated
	if s.breaks != nil {
		stored, status = s.breaks(len(s.uploads))
	}
	if s.garbles && name == "SHA256SUMS" {
		content = strings.ToUpper(content)
	}
	if stored {
		s.assets = append(s.assets, asset{ID: int64(len(s.uploads)), Name: name, Size: len(content), bytes: content})
	}
	answer(w, status, map[string]any{"message": "as it came: " + token})
}

func (s *standIn) actions(mux *http.ServeMux) {
	const repository = "/repos/ogec/syncd"
	mux.HandleFunc("GET "+repository+"/tags", func(w http.ResponseWriter, r *http.Request) {
		var all []map[string]any
		for _, name := range slices.Sorted(maps.Keys(s.tags)) {
			all = append(all, map[string]any{"name": name, "commit": map[string]any{"sha": s.tags[name]}})
		}
		page(w, r, all)
	})
	mux.HandleFunc("GET "+repository+"/releases", func(w http.ResponseWriter, r *http.Request) {
		for _, release := range s.releases {
			release["assets"] = []asset{}
			if release["tag_name"] == "v1.2.0" {
				release["assets"] = s.shown()
			}
		}
		page(w, r, s.releases)
	})
	mux.HandleFunc("GET "+repository+"/releases/{id}", func(w http.ResponseWriter, r *http.Request) {
		for _, release := range s.releases {
			if fmt.Sprint(release["id"]) == r.PathValue("id") {
				release["assets"] = s.shown()
				answer(w, http.StatusOK, release)
			}
		}
	})
	mux.HandleFunc("GET /files/{name}", func(w http.ResponseWriter, r *http.Request) {
		if s.hides && s.releases[0]["draft"] == true {
			_, _ = io.WriteString(w, "sign in, please")
			return
		}
		for _, a := range s.assets {
			if a.Name == r.PathValue("name") {
				_, _ = io.WriteString(w, a.bytes)
			}
		}
	})
	mux.HandleFunc("POST "+repository+"/releases", func(w http.ResponseWriter, r *http.Request) {
		var release map[string]any
		if err := json.NewDecoder(r.Body).Decode(&release); err != nil {
			s.t.Error(err)
		}
		s.add(release)
		answer(w, http.StatusCreated, release)
	})
	mux.HandleFunc("PATCH "+repository+"/releases/{id}", func(w http.ResponseWriter, r *http.Request) {
		var changed map[string]any
		if err := json.NewDecoder(r.Body).Decode(&changed); err != nil {
			s.t.Error(err)
		}
		for _, release := range s.releases {
			if fmt.Sprint(release["id"]) == r.PathValue("id") {
				maps.Copy(release, changed)
				answer(w, http.StatusOK, release)
				return
			}
		}
		answer(w, http.StatusNotFound, nil)
	})
	mux.HandleFunc("POST "+repository+"/releases/{id}/assets", func(w http.ResponseWriter, r *http.Request) {
		part, _, err := r.FormFile("attachment")
		if s.gitHub || err != nil {
			s.t.Errorf("GitHub's way to upload is the one that it names: %v", err)
			return
		}
		content, _ := io.ReadAll(part)
		s.upload(w, r.URL.Query().Get("name"), string(content))
	})
	mux.HandleFunc("POST /uploads/{id}", func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		s.upload(w, r.URL.Query().Get("name"), string(content))
	})
	mux.HandleFunc("DELETE "+repository+"/releases/assets/{id}", func(w http.ResponseWriter, r *http.Request) {
		s.assets = slices.DeleteFunc(s.assets, func(a asset) bool { return fmt.Sprint(a.ID) == r.PathValue("id") })
		answer(w, http.StatusNoContent, nil)
	})
}

// shown are the files with what this shape tells of them.
func (s *standIn) shown() []asset {
	all := append([]asset{}, s.assets...)
	for i := range all {
		if s.gitHub && all[i].State == "" {
			all[i].Digest, all[i].URL = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(all[i].bytes))), "https://elsewhere.invalid/"
		} else if !s.gitHub {
			all[i].URL = s.URL + "/files/" + all[i].Name
			if s.elsewhere {
				all[i].URL = s.store.URL
			}
		}
	}
	return all
}

func (s *standIn) add(release map[string]any) {
	id := len(s.releases) + 1
	release["id"], release["html_url"] = id, fmt.Sprintf("%s/%s", s.URL, release["tag_name"])
	if s.gitHub {
		release["upload_url"] = fmt.Sprintf("%s/uploads/%d{?name,label}", s.URL, id)
	}
	s.releases = append(s.releases, release)
}

func (s *standIn) gitLab(mux *http.ServeMux) {
	const project = "/projects/ogec%2Fsyncd"
	mux.HandleFunc("GET "+project+"/packages/generic/syncd/1.2.0/{name}", func(w http.ResponseWriter, r *http.Request) {
		for _, a := range s.assets {
			if a.Name == r.PathValue("name") {
				http.Redirect(w, r, s.store.URL+"?content="+url.QueryEscape(a.bytes), http.StatusFound)
				return
			}
		}
		answer(w, http.StatusNotFound, map[string]any{"message": "404 Not Found"})
	})
	mux.HandleFunc("PUT "+project+"/packages/generic/syncd/1.2.0/{name}", func(w http.ResponseWriter, r *http.Request) {
		content, _ := io.ReadAll(r.Body)
		s.upload(w, r.PathValue("name"), string(content))
	})
	mux.HandleFunc("GET "+project+"/releases/v1.2.0", func(w http.ResponseWriter, _ *http.Request) {
		if len(s.releases) == 0 {
			answer(w, http.StatusForbidden, map[string]any{"message": "403 Forbidden"})
			return
		}
		answer(w, http.StatusOK, map[string]any{"tag_name": "v1.2.0", "assets": map[string]any{"links": s.links}})
	})
	mux.HandleFunc("POST "+project+"/releases", func(w http.ResponseWriter, r *http.Request) {
		var release struct {
			Name   string `json:"name"`
			Assets struct {
				Links []map[string]any `json:"links"`
			} `json:"assets"`
		}
		if err := json.NewDecoder(r.Body).Decode(&release); err != nil {
			s.t.Error(err)
		}
		s.releases, s.links = append(s.releases, map[string]any{"name": release.Name}), release.Assets.Links
		answer(w, http.StatusCreated, nil)
	})
	mux.HandleFunc("POST "+project+"/releases/v1.2.0/assets/links", func(w http.ResponseWriter, r *http.Request) {
		var l map[string]any
		if err := json.NewDecoder(r.Body).Decode(&l); err != nil {
			s.t.Error(err)
		}
		s.links = append(s.links, l)
		answer(w, http.StatusCreated, nil)
	})
}

// env is what Actions give.
func (s *standIn) env() map[string]string {
	return map[string]string{
		"GITHUB_API_URL": s.URL, "GITHUB_REPOSITORY": "ogec/syncd", "GITHUB_REF": "refs/tags/v1.2.0", "GITHUB_TOKEN": token,
	}
}

// shapes are the forges, each as its CI names it.
func shapes(t *testing.T, test func(t *testing.T, s *standIn, env map[string]string)) {
	for _, name := range []string{"GitHub", "Gitea and Forgejo", "GitLab"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t)
			s.gitHub = name == "GitHub"
			env := s.env()
			if name == "GitLab" {
				env = map[string]string{"CI_API_V4_URL": s.URL, "CI_PROJECT_ID": "ogec/syncd", "CI_COMMIT_TAG": "v1.2.0", "CI_JOB_TOKEN": token}
			}
			test(t, s, env)
		})
	}
}

// attaches runs it: its code, and what it says, which is never the token.
func attaches(t *testing.T, env map[string]string, dir string, want int) string {
	t.Helper()
	var said bytes.Buffer
	got := run(t.Context(), []string{"v1.2.0", commit, dir}, func(name string) string { return env[name] }, &said, &said)
	if got != want || strings.Contains(said.String(), token) {
		t.Fatalf("code %d, not %d: %s", got, want, &said)
	}
	return said.String()
}

// has fails unless the forge has each file once, and a release of all of them that everybody sees.
func (s *standIn) has(files map[string]string) {
	s.t.Helper()
	got := map[string]string{}
	for _, a := range s.assets {
		got[a.Name] = a.bytes
	}
	if len(s.assets) != len(files) || !maps.Equal(got, files) {
		s.t.Errorf("it has %v", s.assets)
	}
	if len(s.releases) != 1 || s.releases[0]["draft"] == true {
		s.t.Errorf("its releases are %v", s.releases)
	}
	for i, l := range s.links {
		want := fmt.Sprintf("%s/projects/ogec%%2Fsyncd/packages/generic/syncd/1.2.0/%s", s.URL, l["name"])
		if l["url"] != want || files[fmt.Sprint(l["name"])] == "" {
			s.t.Errorf("link %d is %v", i, l)
		}
	}
	if len(s.links) != 0 && len(s.links) != len(files) {
		s.t.Errorf("its links are %v", s.links)
	}
}

func TestAttach(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *standIn, env map[string]string) {
		dir, files := made(t)
		attaches(t, env, dir, exitDone)
		s.has(files)
		if n := len(s.uploads); s.uploads[n-1] != "SHA256SUMS" {
			t.Errorf("the checksums do not come last: %v", s.uploads)
		}
		// again: nothing is doubled; and what was signed since is added
		files["SHA256SUMS.asc"] = "signed"
		write(t, dir, "SHA256SUMS.asc", "signed")
		if said := attaches(t, env, dir, exitDone); strings.Count(said, "kept ") != 3 || strings.Count(said, "attached ") != 1 {
			t.Error(said)
		}
		s.has(files)
	})
}

// A forge that breaks in the middle leaves what nobody sees, or what says that it is not whole; the next run completes it. The
// file whose answer was lost is not sent twice.
func TestAttachIsCompleted(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{false, true} {
		shapes(t, func(t *testing.T, s *standIn, env map[string]string) {
			dir, files := made(t)
			s.breaks = func(n int) (bool, int) {
				if n == 2 {
					return stored, http.StatusInternalServerError
				}
				return true, http.StatusCreated
			}
			said := attaches(t, env, dir, exitAgain)
			if !strings.Contains(said, "500 Internal Server Error") || !strings.Contains(said, "\nhint: run it again: what is attached is kept\n") {
				t.Error(said)
			}
			if len(s.releases) != 0 && s.releases[0]["draft"] != true {
				t.Errorf("half a release is public: %v", s.releases)
			}
			attaches(t, env, dir, exitDone)
			s.has(files)
		})
	}
}

// Where the tag has a release already, it keeps its text and what it has, and gets what it lacks.
func TestAttachToAReleaseThatIsThere(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *standIn, env map[string]string) {
		dir, files := made(t)
		s.add(map[string]any{"tag_name": "v1.2.0", "draft": false, "body": "by hand", "name": "by hand"})
		s.assets = []asset{{ID: 7, Name: "SHA256SUMS", Size: len(files["SHA256SUMS"]), bytes: files["SHA256SUMS"]}}
		if s.gitHub { // what broke off there is of no use
			s.assets = append(s.assets, asset{ID: 8, Name: "syncd_1.2.0-1_amd64.deb", State: "starter"})
		}
		attaches(t, env, dir, exitDone)
		s.has(files)
		if s.releases[0]["name"] != "by hand" {
			t.Errorf("it became %v", s.releases)
		}
	})
}

func TestAttachReplacesNothing(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *standIn, env map[string]string) {
		dir, _ := made(t)
		s.add(map[string]any{"tag_name": "v1.2.0", "draft": false})
		s.assets = []asset{{Name: "SHA256SUMS", Size: 5, bytes: "other"}}
		if said := attaches(t, env, dir, exitOther); !strings.Contains(said, "attach: the release has another SHA256SUMS\nhint: ") {
			t.Error(said)
		}
		if len(s.uploads) != 0 {
			t.Errorf("something was attached before: %v", s.uploads)
		}
	})
}

// What stands there is compared with what was sent, before anybody sees it where that can be.
func TestAttachVerifies(t *testing.T) {
	t.Parallel()
	for _, hides := range []bool{false, true} {
		shapes(t, func(t *testing.T, s *standIn, env map[string]string) {
			dir, files := made(t)
			s.garbles, s.hides = true, hides
			if said := attaches(t, env, dir, exitOther); !strings.Contains(said, "attach: the release has another SHA256SUMS\nhint: ") {
				t.Error(said)
			}
			if draft := s.gitHub || !hides; len(s.releases) != 0 && s.releases[0]["draft"] != draft {
				t.Errorf("draft should be %v: %v", draft, s.releases)
			}
			// As the hint says.
			s.garbles = false
			s.assets = slices.DeleteFunc(s.assets, func(a asset) bool { return a.Name == "SHA256SUMS" })
			if said := attaches(t, env, dir, exitDone); strings.Contains(said, "not compared") {
				t.Error(said)
			}
			s.has(files)
		})
	}
}

// A forge that says it took a file, and did not.
func TestAttachBelievesNoAnswer(t *testing.T) {
	t.Parallel()
	shapes(t, func(t *testing.T, s *standIn, env map[string]string) {
		dir, files := made(t)
		s.breaks = func(n int) (bool, int) { return n != 2, http.StatusCreated }
		if said := attaches(t, env, dir, exitAgain); !strings.Contains(said, "\nhint: run it again") {
			t.Error(said)
		}
		attaches(t, env, dir, exitDone)
		s.has(files)
	})
}

// Of a file that stands elsewhere the token is not told; that it could not be compared is.
func TestAttachTellsOthersNoToken(t *testing.T) {
	t.Parallel()
	s := newStandIn(t)
	dir, files := made(t)
	s.elsewhere = true
	said := attaches(t, s.env(), dir, exitDone)
	if strings.Count(said, "not compared by checksum, which the forge neither tells nor lets be read: ") != len(files) {
		t.Error(said)
	}
}

// What is not as it should be is told before anything is changed.
func TestAttachIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(t *testing.T, s *standIn, env map[string]string, dir string)
		code   int
		says   string
	}{
		"no environment": {func(_ *testing.T, _ *standIn, env map[string]string, _ string) { clear(env) }, exitUnfit,
			"attach: the environment lacks GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN\n" + byHand},
		"Actions without a token": {func(_ *testing.T, _ *standIn, env map[string]string, _ string) { delete(env, "GITHUB_TOKEN") }, exitUnfit,
			"attach: the environment lacks GITHUB_TOKEN\nhint: "},
		"GitLab without a token": {func(_ *testing.T, _ *standIn, env map[string]string, _ string) {
			clear(env)
			env["CI_API_V4_URL"], env["CI_PROJECT_ID"] = "https://forge.example.org/api/v4", "1"
		}, exitUnfit, "attach: the environment lacks CI_JOB_TOKEN\nhint: "},
		"another tag's build": {func(_ *testing.T, _ *standIn, env map[string]string, _ string) {
			env["GITHUB_REF"] = "refs/tags/v1.2.0-rc1"
		}, exitUnfit,
			"attach: this is the build of v1.2.0-rc1, and the newest tag of the commit is v1.2.0\n"},
		"a tag that was not pushed": {func(_ *testing.T, s *standIn, _ map[string]string, _ string) { delete(s.tags, "v1.2.0") }, exitUnfit,
			"attach: the forge has no tag v1.2.0\nhint: git push origin v1.2.0\n"},
		"a tag of another commit": {func(_ *testing.T, s *standIn, _ map[string]string, _ string) { s.tags["v1.2.0"] = "fedcba" }, exitUnfit,
			"attach: the forge's v1.2.0 is of commit fedcba, and this is " + commit + "\n"},
		"no right": {func(_ *testing.T, _ *standIn, env map[string]string, _ string) { env["GITHUB_TOKEN"] = "stale" }, exitAgain,
			"\nhint: the token must be allowed to write releases of ogec/syncd (Actions: permissions: contents: write)\n"},
		"no forge there": {func(_ *testing.T, s *standIn, _ map[string]string, _ string) { s.Close() }, exitAgain, "\nhint: run it again"},
		"a trial": {func(t *testing.T, _ *standIn, _ map[string]string, dir string) {
			t.Helper()
			if err := os.Remove(filepath.Join(dir, "NOTES.md")); err != nil {
				t.Fatal(err)
			}
		}, exitUnfit, "is not what make release makes of a tag: "},
		"another file than the checksum's": {func(t *testing.T, _ *standIn, _ map[string]string, dir string) {
			t.Helper()
			write(t, dir, "syncd_1.2.0-1_amd64.deb", "other")
		}, exitUnfit, ": syncd_1.2.0-1_amd64.deb is not what SHA256SUMS says\nhint: make release\n"},
		"a file that no checksum names": {func(t *testing.T, _ *standIn, _ map[string]string, dir string) {
			t.Helper()
			write(t, dir, "core", "")
		}, exitUnfit, ": core is not what SHA256SUMS says\nhint: make release\n"},
		"a name that a forge would change": {func(t *testing.T, _ *standIn, _ map[string]string, dir string) {
			t.Helper()
			write(t, dir, "a~b", "")
		}, exitUnfit, `: a forge would rename "a~b"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStandIn(t)
			env := s.env()
			dir, _ := made(t)
			c.change(t, s, env, dir)
			if said := attaches(t, env, dir, c.code); !strings.Contains(said, c.says) {
				t.Errorf("want %q, not %q", c.says, said)
			}
			if len(s.releases)+len(s.uploads) != 0 {
				t.Errorf("something was changed: %v", s.releases)
			}
		})
	}
}
