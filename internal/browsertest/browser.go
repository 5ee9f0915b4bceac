// Package browsertest drives Debian's Chromium for tests of the operators' page: one browser for a test binary, a tab with cookies of
// its own for each test, axe-core over what it shows. It talks to the loopback address only, and a test fails whose page asks another
// host for anything, or breaks its own content security policy.
//
// Whatever needs it is named Test…InABrowser, by which make test leaves it to make test-web.
package browsertest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 as it is published: see axe/LICENSE.
//
//go:embed axe/axe.min.js
var axe string

// patience bounds every wait: far more than anything here takes on a busy machine.
const patience = 60 * time.Second

var shared struct {
	sync.Mutex
	ctx  context.Context
	stop []context.CancelFunc
}

// Close ends the browser, where one was started: TestMain calls it once all tests have ended.
func Close() {
	shared.Lock()
	defer shared.Unlock()
	for i := len(shared.stop) - 1; i >= 0; i-- {
		shared.stop[i]()
	}
	shared.ctx, shared.stop = nil, nil //nolint:fatcontext // it is the whole browser's
}

// browser starts Chromium once. What it does by itself in the background is switched off, and no name resolves.
func browser(t *testing.T) context.Context {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.ctx != nil {
		return shared.ctx
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("there is no chromium: run make deps")
	}
	options := []chromedp.ExecAllocatorOption{chromedp.Headless, chromedp.NoFirstRun, chromedp.NoDefaultBrowserCheck, chromedp.DisableGPU,
		chromedp.ExecPath(path), chromedp.WindowSize(1280, 720), chromedp.Env("HOME=" + os.TempDir()),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.Flag("no-proxy-server", true), chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-features", "Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,AutofillServerCommunication")}
	for _, off := range []string{"disable-background-networking", "disable-component-update", "disable-default-apps", "disable-sync",
		"disable-domain-reliability", "disable-extensions", "disable-client-side-phishing-detection", "no-pings",
		"disable-backgrounding-occluded-windows", "disable-background-timer-throttling", "disable-renderer-backgrounding"} {
		options = append(options, chromedp.Flag(off, true))
	}
	if os.Getuid() == 0 { // Chromium refuses its sandbox to root
		options = append(options, chromedp.NoSandbox)
	}
	ctx, stop := chromedp.NewExecAllocator(context.Background(), options...)
	shared.stop = append(shared.stop, stop)
	ctx, stop = chromedp.NewContext(ctx)
	shared.stop = append(shared.stop, stop)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting chromium: %v", err)
	}
	shared.ctx = ctx //nolint:fatcontext // likewise
	return ctx
}

// Tab is a window of a visitor of its own: nobody else's cookies are in it.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu    sync.Mutex
	wrong []string
}

// Open opens an empty tab of 1280 × 720, which closes with the test. In the end nothing but loopback must have been asked, and the
// browser must have had nothing to complain of.
func Open(t *testing.T) *Tab {
	t.Helper()
	if name, _, _ := strings.Cut(t.Name(), "/"); !strings.HasSuffix(name, "InABrowser") {
		t.Fatalf("name it %sInABrowser: make test leaves those to make test-web", name)
	}
	return open(t, browser(t), chromedp.WithNewBrowserContext())
}

// Another opens another tab of the same visitor: both have their cookies, and share the connections that a browser has to one host.
func (tab *Tab) Another() *Tab {
	tab.t.Helper()
	return open(tab.t, tab.ctx)
}

func open(t testing.TB, in context.Context, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	tab := &Tab{t: t}
	ctx, end := chromedp.NewContext(in, append(options, chromedp.WithListener(tab.hear))...)
	limited, over := context.WithTimeout(ctx, 5*patience)
	tab.ctx = limited
	t.Cleanup(func() {
		over()
		end()
		tab.mu.Lock()
		defer tab.mu.Unlock()
		for _, wrong := range tab.wrong {
			t.Error(wrong)
		}
	})
	tab.must(chromedp.Do(ctx, chromedp.EmulateViewport(1280, 720)))
	call(tab, network.Enable, network.EnableParams{})
	call(tab, log.Enable, cdp.Empty{})
	return tab
}

// hear keeps what must not happen.
func (tab *Tab) hear(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Scheme != "about" && !loopback(u.Hostname()) {
			tab.complain("the page asked for " + e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		tab.complain("a script failed: " + e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
			tab.complain("the browser refused something: " + e.Entry.Text)
		}
	}
}

func loopback(host string) bool { return host == "localhost" || net.ParseIP(host).IsLoopback() }

func (tab *Tab) complain(text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.wrong = append(tab.wrong, text)
}

func (tab *Tab) must(err error) {
	tab.t.Helper()
	if err != nil {
		tab.t.Fatal(err)
	}
}

func (tab *Tab) do(what string, action chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, action); err != nil {
		tab.t.Fatalf("%s: %v\non %s:\n%s", what, err, tab.Location(), tab.Text("body"))
	}
}

// Visit goes to an address and waits until it is there.
func (tab *Tab) Visit(address string) {
	tab.t.Helper()
	tab.do("visiting "+address, chromedp.Navigate(address))
}

// Cookie gives the tab a cookie of an address, as the page itself would set it.
func (tab *Tab) Cookie(address, name, value string) {
	tab.t.Helper()
	call(tab, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: address, Path: "/", Secure: new(true),
		HTTPOnly: new(true)})
}

// Back is the browser's button. What a form was answered with, the browser may not have any more: then it asks whether to send the
// form again, which is no error here.
func (tab *Tab) Back() {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	var gone *chromedp.LoadError
	if err := chromedp.Do(ctx, chromedp.NavigateBack()); err != nil && !errors.As(err, &gone) {
		tab.t.Fatalf("going back: %v", err)
	}
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reloading", chromedp.Reload())
}

// leads is an action after which another page is there.
func (tab *Tab) leads(what string, action chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.WaitEvent(page.LoadEventFired, nil, action)); err != nil {
		tab.t.Fatalf("%s: %v\non %s:\n%s", what, err, tab.Location(), tab.Text("body"))
	}
}

// Follow clicks what a selector finds, and waits for the page that it leads to.
func (tab *Tab) Follow(selector string) {
	tab.t.Helper()
	tab.leads("clicking "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Click clicks what opens in the page.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.do("clicking "+selector, chromedp.Click(chromedp.CSS(selector)))
}

// Fill types a text into a field.
func (tab *Tab) Fill(selector, text string) {
	tab.t.Helper()
	tab.do("filling "+selector, chromedp.Steps(chromedp.Clear(chromedp.CSS(selector)), chromedp.SendKeys(chromedp.CSS(selector), text)))
}

// Press presses keys: see package kb.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.do("pressing keys", chromedp.KeyEvent(keys))
}

// PressAway presses keys that lead to another page.
func (tab *Tab) PressAway(keys string) {
	tab.t.Helper()
	tab.leads("pressing keys", chromedp.KeyEvent(keys))
}

// Text is what can be read of an element; "" where there is none.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Ask[string](tab, fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector))
}

// Count counts the elements that a selector finds.
func (tab *Tab) Count(selector string) int {
	tab.t.Helper()
	return Ask[int](tab, fmt.Sprintf(`document.querySelectorAll(%q).length`, selector))
}

// Location is the address of the page.
func (tab *Tab) Location() string {
	tab.t.Helper()
	at, err := chromedp.Run(tab.ctx, chromedp.Location())
	tab.must(err)
	return at
}

// Ask evaluates an expression in the page; a promise is awaited.
func Ask[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	answer, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	tab.must(err)
	return answer
}

// Until waits until an expression is true in the page, or in the one that follows it.
func (tab *Tab) Until(expression string) {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	for {
		met, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression))
		switch {
		case err == nil && met:
			return
		case ctx.Err() != nil:
			tab.t.Fatalf("waiting for %s: %v\non %s:\n%s", expression, err, tab.Location(), tab.Text("body"))
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// Size makes the window so large: 390 × 844 is a telephone.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	tab.do("resizing", chromedp.EmulateViewport(width, height))
}

// Scripts switches the scripts of pages on or off. Without them nothing that is asked of a page can be waited for.
func (tab *Tab) Scripts(on bool) {
	tab.t.Helper()
	call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Dark shows pages as somebody sees them who likes them dark, or with light as others do.
func (tab *Tab) Dark(dark bool) {
	tab.t.Helper()
	value := "light"
	if dark {
		value = "dark"
	}
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: value}}})
}

// Printed shows pages as they are printed.
func (tab *Tab) Printed() {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

// Picture is the page as PNG: the window, or with whole all that can be scrolled to.
func (tab *Tab) Picture(whole bool) []byte {
	tab.t.Helper()
	action := chromedp.CaptureScreenshot()
	if whole {
		action = chromedp.FullScreenshot(100)
	}
	picture, err := chromedp.Run(tab.ctx, action)
	tab.must(err)
	return picture
}

// violation is what axe-core tells of a rule.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// WantAccessible wants no violation of WCAG 2 A or AA on the page, by light colours and by dark ones.
func (tab *Tab) WantAccessible() {
	tab.t.Helper()
	for _, dark := range []bool{false, true} {
		tab.Dark(dark)
		Ask[chromedp.Void](tab, axe+";1")
		found := Ask[[]violation](tab, `axe.run({runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], resultTypes: ["violations"]}).then(r => r.violations)`)
		for _, v := range found {
			for _, node := range v.Nodes {
				tab.t.Errorf("%s (dark: %t): axe, %s: %s\n%s\n%s", tab.Location(), dark, v.ID, v.Help, node.HTML, node.Summary)
			}
		}
	}
	tab.Dark(false)
}

// WantNarrow wants nothing that has to be scrolled sideways.
func (tab *Tab) WantNarrow() {
	tab.t.Helper()
	if wide := Ask[int](tab, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		widest := Ask[string](tab, `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)`+
			`.slice(0, 3).map(e => e.outerHTML.slice(0, 200)).join("\n")`)
		tab.t.Errorf("%s is %d pixels wider than the window:\n%s", tab.Location(), wide, widest)
	}
}

// WantTargets complains about what is less than 44 pixels high of what a finger presses: a box to tick counts with its label.
func (tab *Tab) WantTargets() {
	tab.t.Helper()
	small := Ask[[]string](tab, `[...document.querySelectorAll("a[href], button, select, textarea, summary, input:not([type=hidden])")].filter(e => {
		const by = e.matches("[type=checkbox], [type=radio]") ? e.labels[0] ?? e : e
		const r = by.getBoundingClientRect()
		return r.height > 0 && r.right > 0 && r.height < 44
	}).map(e => e.outerHTML.slice(0, 160))`)
	for _, html := range small {
		tab.t.Errorf("less than 44 pixels high on %s: %s", tab.Location(), html)
	}
}

func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) {
	tab.t.Helper()
	_, err := chromedp.Call(tab.ctx, command, params)
	tab.must(err)
}
