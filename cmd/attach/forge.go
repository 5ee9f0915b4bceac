package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A forge is one repository somewhere, and the right to write its releases. What it tells goes to said.
type forge struct {
	api, repository       string
	header, prefix, token string
	client                *http.Client
	said                  io.Writer
	attach                func(context.Context, *forge, release, string) error
}

func newForge(api, repository, header, prefix, token string, attach func(context.Context, *forge, release, string) error) forge {
	client := &http.Client{Timeout: 10 * time.Minute, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if first := via[0].URL; r.URL.Host != first.Host || r.URL.Scheme != first.Scheme {
			r.Header.Del(header) // the store of a forge has addresses that need no token
		}
		if len(via) > 5 {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return forge{strings.TrimSuffix(api, "/"), repository, header, prefix, token, client, io.Discard, attach}
}

// itself reports whether an address is of the API's machine.
func (f *forge) itself(address *url.URL) bool {
	api, err := url.Parse(f.api)
	return err == nil && api.Scheme == address.Scheme && api.Host == address.Host
}

func (f *forge) say(format string, args ...any) { _, _ = fmt.Fprintf(f.said, format+"\n", args...) }

// answered is an answer that is none of those that were expected.
type answered struct {
	method, url, status, message, hint string
	code                               int
}

const again = "run it again: what is attached is kept"

func (e answered) Error() string {
	text := e.method + " " + e.url + ": " + e.status
	if e.message != "" {
		text += ": " + e.message
	}
	return text + "\nhint: " + e.hint
}

// call sends a request and decodes what is answered into to; every other answer than 2xx is an error.
func (f *forge) call(ctx context.Context, method, address, kind string, body []byte, to any) error {
	request, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return unfit(err.Error())
	}
	// Where a file is read may be another's; where it is sent the forge says.
	if method != http.MethodGet || f.itself(request.URL) {
		request.Header.Set(f.header, f.prefix+f.token)
	}
	request.Header.Set("Accept", "application/json")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, err := f.client.Do(request)
	if err != nil {
		return fmt.Errorf("%w\nhint: %s", err, again)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	if response.StatusCode/100 == 2 {
		switch to := to.(type) {
		case nil:
			return nil
		case io.Writer:
			_, err = io.Copy(to, response.Body)
		default:
			err = json.NewDecoder(response.Body).Decode(to)
		}
		if err != nil {
			return fmt.Errorf("%s %s: %w\nhint: %s", method, address, err, again)
		}
		return nil
	}
	e := answered{method: method, url: address, status: response.Status, code: response.StatusCode, hint: again}
	var told struct {
		Message any `json:"message"`
	}
	if text, err := io.ReadAll(io.LimitReader(response.Body, 1<<16)); err == nil && json.Unmarshal(text, &told) == nil && told.Message != nil {
		e.message = fmt.Sprintf("%.200q", fmt.Sprint(told.Message))
	}
	if slices.Contains([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}, e.code) {
		e.hint = "the token must be allowed to write releases of " + f.repository + " (Actions: permissions: contents: write)"
	}
	return e
}

func (f *forge) callJSON(ctx context.Context, method, address string, body, to any) error {
	encoded, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return f.call(ctx, method, address, "application/json", encoded, to)
}

// The releases of Actions' forges: GitHub says in upload_url where a file goes, as bytes; Gitea and Forgejo take a form.
type actionsRelease struct {
	ID        int64  `json:"id"`
	Tag       string `json:"tag_name"`
	Draft     bool   `json:"draft"`
	HTMLURL   string `json:"html_url"`
	UploadURL string `json:"upload_url"`
	Assets    []struct {
		ID     int64  `json:"id"`
		Name   string `json:"name"`
		Size   int64  `json:"size"`
		State  string `json:"state"`  // GitHub: "uploaded", or what broke off
		Digest string `json:"digest"` // GitHub: sha256:…
		URL    string `json:"browser_download_url"`
	} `json:"assets"`
}

// attachActions keeps the release a draft until it is whole: nobody downloads half of it.
func attachActions(ctx context.Context, f *forge, r release, commit string) error {
	base := f.api + "/repos/" + f.repository
	if err := f.tagged(ctx, base, r.tag, commit); err != nil {
		return err
	}
	there, err := find(ctx, f, base+"/releases", func(a actionsRelease) bool { return a.Tag == r.tag })
	if err != nil {
		return err
	}
	// What stands in the way is found before anything is changed.
	missing, broken, err := there.lacks(r.files)
	if err != nil {
		return err
	}
	f.sayKept(r.files, missing)
	if there.ID == 0 {
		body := map[string]any{"tag_name": r.tag, "name": "syncd " + r.version, "body": r.notes, "draft": true, "prerelease": r.candidate}
		if err := f.callJSON(ctx, http.MethodPost, base+"/releases", body, &there); err != nil {
			return err
		}
	}
	for _, id := range broken {
		if err := f.call(ctx, http.MethodDelete, base+"/releases/assets/"+strconv.FormatInt(id, 10), "", nil, nil); err != nil {
			return err
		}
	}
	release := base + "/releases/" + strconv.FormatInt(there.ID, 10)
	for _, file := range missing {
		if err := f.upload(ctx, release, there.UploadURL, file); err != nil {
			return err
		}
		f.say("attached %s", file.name)
	}
	var now actionsRelease
	if err := f.call(ctx, http.MethodGet, release, "", nil, &now); err != nil {
		return err
	}
	unread, err := now.verify(ctx, f, r.files)
	if err != nil {
		return err
	}
	if there.Draft {
		if err := f.callJSON(ctx, http.MethodPatch, release, map[string]any{"draft": false}, nil); err != nil {
			return err
		}
		// Some forges show the files of a release once it is none any more.
		if unread, err = now.verify(ctx, f, unread); err != nil {
			return err
		}
	}
	for _, file := range unread {
		f.say("not compared by checksum, which the forge neither tells nor lets be read: %s", file.name)
	}
	f.say("the release is whole: %s", cmp.Or(there.HTMLURL, release))
	return nil
}

// verify compares what stands there with what was sent: by the forge's checksum, or by reading it. Unread are those of which
// no more is known than their size.
func (there actionsRelease) verify(ctx context.Context, f *forge, files []file) (unread []file, err error) {
	missing, _, err := there.lacks(files)
	if err == nil {
		err = noneLost(missing)
	}
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		for _, asset := range there.Assets {
			if asset.Name != file.name || asset.Digest != "" {
				continue
			}
			digest, size := sha256.New(), counter(0)
			switch err := f.call(ctx, http.MethodGet, asset.URL, "", nil, io.MultiWriter(digest, &size)); {
			case err != nil, int64(size) != asset.Size: // such as a form to sign in
				unread = append(unread, file)
			case hex.EncodeToString(digest.Sum(nil)) != file.digest:
				return nil, other(file.name)
			}
		}
	}
	return unread, nil
}

// A lost error is the name of a file that a forge said it took.
type lost string

func (e lost) Error() string {
	return "the forge took " + string(e) + ", and does not have it\nhint: " + again
}

func noneLost(files []file) error {
	if len(files) == 0 {
		return nil
	}
	return lost(files[0].name)
}

// A counter counts what is written.
type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

// lacks are the files that a release has not, and what broke off under their names.
func (there actionsRelease) lacks(files []file) (missing []file, broken []int64, err error) {
	for _, file := range files {
		kept := false
		for _, asset := range there.Assets {
			switch {
			case asset.Name != file.name:
			case asset.State != "" && asset.State != "uploaded":
				broken = append(broken, asset.ID)
			case asset.Size != int64(len(file.bytes)), asset.Digest != "" && asset.Digest != "sha256:"+file.digest:
				return nil, nil, other(file.name)
			default:
				kept = true
			}
		}
		if !kept {
			missing = append(missing, file)
		}
	}
	return missing, broken, nil
}

// tagged refuses what the forge would make a tag of itself, of whatever it has newest.
func (f *forge) tagged(ctx context.Context, base, tag, commit string) error {
	type named struct {
		Name   string `json:"name"`
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	at, err := find(ctx, f, base+"/tags", func(n named) bool { return n.Name == tag })
	switch {
	case err != nil:
		return err
	case at.Name == "":
		return unfit("the forge has no tag " + tag + "\nhint: git push origin " + tag)
	case at.Commit.SHA != commit:
		return unfit("the forge's " + tag + " is of commit " + at.Commit.SHA + ", and this is " + commit)
	}
	return nil
}

// find is the one among the pages of a list, or the zero value.
func find[T any](ctx context.Context, f *forge, list string, is func(T) bool) (found T, err error) {
	for page := 1; ; page++ {
		var some []T
		// The one is GitHub's word, the other Gitea's and Forgejo's.
		if err := f.call(ctx, http.MethodGet, fmt.Sprintf("%s?per_page=100&limit=100&page=%d", list, page), "", nil, &some); err != nil {
			return found, err
		}
		if i := slices.IndexFunc(some, is); i >= 0 {
			return some[i], nil
		}
		if len(some) == 0 {
			return found, nil
		}
	}
}

func (f *forge) upload(ctx context.Context, release, uploadURL string, file file) error {
	name := "?name=" + url.QueryEscape(file.name)
	address, _, isTemplate := strings.Cut(uploadURL, "{")
	if !isTemplate {
		var form bytes.Buffer
		w := multipart.NewWriter(&form)
		part, err := w.CreateFormFile("attachment", file.name)
		if err == nil {
			_, err = part.Write(file.bytes)
		}
		if err == nil {
			err = w.Close()
		}
		if err != nil {
			return err
		}
		return f.call(ctx, http.MethodPost, release+"/assets"+name, w.FormDataContentType(), form.Bytes(), nil)
	}
	if strings.HasPrefix(f.api, "https:") && !strings.HasPrefix(address, "https:") {
		return unfit("the forge wants the token sent in the clear, to " + address)
	}
	return f.call(ctx, http.MethodPost, address+name, "application/octet-stream", file.bytes, nil)
}

// A link is how GitLab attaches a file, which is in its registry of packages.
type link struct {
	Name string `json:"name"`
	URL  string `json:"url"`
	Kind string `json:"link_type"`
}

// attachGitLab puts the files into the registry before the release links them: there is no draft.
func attachGitLab(ctx context.Context, f *forge, r release, _ string) error {
	base := f.api + "/projects/" + url.PathEscape(f.repository)
	var there struct {
		Assets struct {
			Links []link `json:"links"`
		} `json:"assets"`
	}
	err := f.call(ctx, http.MethodGet, base+"/releases/"+r.tag, "", nil, &there)
	// GitLab answers 403, too, where there is none.
	none := is(err, http.StatusNotFound) || is(err, http.StatusForbidden)
	if err != nil && !none {
		return err
	}
	folder := base + "/packages/generic/syncd/" + r.version + "/"
	missing, links, err := f.registered(ctx, folder, r.files)
	if err != nil {
		return err
	}
	f.sayKept(r.files, missing)
	for _, t := range there.Assets.Links {
		i := slices.IndexFunc(links, func(l link) bool { return l.Name == t.Name })
		if i >= 0 && links[i].URL != t.URL {
			return other(t.Name)
		} else if i >= 0 {
			links = slices.Delete(links, i, i+1)
		}
	}
	for _, file := range missing {
		if err := f.call(ctx, http.MethodPut, folder+file.name, "application/octet-stream", file.bytes, nil); err != nil {
			return err
		}
		f.say("attached %s", file.name)
	}
	if missing, _, err = f.registered(ctx, folder, missing); err == nil {
		err = noneLost(missing)
	}
	if err != nil {
		return err
	}
	if none {
		body := map[string]any{"tag_name": r.tag, "name": "syncd " + r.version, "description": r.notes, "assets": map[string]any{"links": links}}
		if err := f.callJSON(ctx, http.MethodPost, base+"/releases", body, nil); err != nil {
			return err
		}
		links = nil
	}
	for _, l := range links {
		if err := f.callJSON(ctx, http.MethodPost, base+"/releases/"+r.tag+"/assets/links", l, nil); err != nil {
			return err
		}
	}
	f.say("the release is whole: %s/releases/%s", base, r.tag)
	return nil
}

// registered are the links to all files, and the files that the registry has not.
func (f *forge) registered(ctx context.Context, folder string, files []file) (missing []file, links []link, err error) {
	for _, file := range files {
		l := link{file.name, folder + file.name, "other"}
		if strings.HasSuffix(file.name, ".deb") {
			l.Kind = "package"
		}
		links = append(links, l)
		digest := sha256.New()
		switch err := f.call(ctx, http.MethodGet, l.URL, "", nil, digest); {
		case is(err, http.StatusNotFound):
			missing = append(missing, file)
		case err != nil:
			return nil, nil, err
		case hex.EncodeToString(digest.Sum(nil)) != file.digest:
			return nil, nil, other(file.name)
		}
	}
	return missing, links, nil
}

// sayKept tells which files are there already.
func (f *forge) sayKept(files, missing []file) {
	for _, one := range files {
		if !slices.ContainsFunc(missing, func(m file) bool { return m.name == one.name }) {
			f.say("kept %s", one.name)
		}
	}
}

// is reports whether an error is an answer with that status.
func is(err error, code int) bool {
	e, ok := err.(answered) //nolint:errorlint // call's own
	return ok && e.code == code
}
