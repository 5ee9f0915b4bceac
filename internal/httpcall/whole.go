package httpcall

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"syncd/internal/hinted"
	"syncd/internal/lazyregexp"
)

// mostName is how many characters of a member's name are told.
const mostName = 40

// How APIs say that a list goes on, in headers and in members beside it: names folded to letters and digits.
var (
	nextNames = []string{"next", "nextlink", "odatanextlink", "nextpage", "nextpageurl", "nexturl", "nexthref", "nextcursor", "nexttoken",
		"nextpagetoken", "nextoffset", "continuationtoken", "continuation", "mscontinuation", "endcursor", "suivant", "suivante",
		"pagesuivante", "liensuivant"}
	moreNames = []string{"more", "hasmore", "hasnext", "hasnextpage", "moreresults", "truncated", "istruncated", "partial", "incomplete"}
	lastNames = []string{"last", "islast", "lastpage", "islastpage", "complete", "iscomplete"}
	allNames  = []string{"total", "totalcount", "totalitems", "totalresults", "totalrecords", "totalelements", "totalrows", "totalhits",
		"totalentries", "count", "odatacount", "itemcount", "itemscount", "recordcount", "recordstotal", "resultcount", "nbtotal",
		"nbresultats", "nbelements", "nombre", "nombretotal", "nombreresultats", "nombreelements", "wptotal", "paginationtotalcount"}
	pageNames = []string{"totalpages", "pages", "pagecount", "pagescount", "pagetotal", "lastpagenumber", "nbpages", "nombrepages",
		"nombredepages", "wptotalpages"}
	// Objects beside a list that speak of its pages.
	aboutNames = []string{"meta", "metadata", "pagination", "paging", "pager", "page", "pageinfo", "links", "cursor", "cursors",
		"parametresretour"}
)

// partOf tells by what an answer says that the list in it is not whole; zero = by nothing. An API that lists page by page
// says so beside the list, if at all: one that says nothing is believed.
func partOf(header http.Header, document any, items Pointer) hinted.Fact {
	found, _ := items.Find(document)
	list, _ := found.([]any)
	if why := partByHeader(header, len(list)); why.Code != "" {
		return why
	}
	for i := range items { // what stands beside the way to the list
		around, _ := items[:i].Find(document)
		object, _ := around.(map[string]any)
		if why := partBeside(object, items[i], len(list)); why.Code != "" {
			return why
		}
	}
	return hinted.Fact{}
}

var (
	linkNext     = lazyregexp.New(`(?i);\s*rel\s*=\s*(?:"(?:[^"]*\s)?next(?:\s[^"]*)?"|next\b)`)
	contentRange = lazyregexp.New(`^\s*[A-Za-z-]+[\s=]+(\d+)-(\d+)/(\d+)\s*$`)
)

func partByHeader(header http.Header, n int) hinted.Fact {
	if slices.ContainsFunc(header.Values("Link"), linkNext().MatchString) {
		return hinted.Say("call.next-in-header", "name", "Link")
	}
	if value := header.Get("Content-Range"); value != "" && !wholeRange(value) {
		return hinted.Say("call.range-in-header", "name", "Content-Range")
	}
	for name, values := range header {
		folded := strings.TrimPrefix(foldName(name), "x")
		if folded == "pagination" && len(values) > 0 {
			if object, err := decode([]byte(values[0])); err == nil {
				about, _ := object.(map[string]any)
				if why := partBeside(about, "", n); why.Code != "" {
					return why
				}
			}
		}
		if len(values) > 0 && saysMore(folded, values[0], n) {
			return hinted.Say("call.more-in-header", "name", name)
		}
	}
	return hinted.Fact{}
}

// wholeRange tells of a Content-Range that leaves nothing out: "items 0-9/10".
func wholeRange(value string) bool {
	parts := contentRange().FindStringSubmatch(value)
	if parts == nil {
		return false
	}
	end, _ := strconv.ParseUint(parts[2], 10, 63)
	all, _ := strconv.ParseUint(parts[3], 10, 63)
	return strings.Trim(parts[1], "0") == "" && end+1 >= all
}

// partBeside looks at the members of an object but for the one that leads to the list.
func partBeside(object map[string]any, list string, n int) hinted.Fact {
	for name, value := range object {
		folded := foldName(name)
		if name == list {
			continue
		}
		if saysMore(folded, value, n) {
			return hinted.Say("call.more-in-member", "name", firstOf(name, mostName))
		}
		if slices.Contains(aboutNames, folded) {
			if part := partWithin(name, value, n); part.Code != "" {
				return part
			}
		}
	}
	return hinted.Fact{}
}

// partWithin looks at a member that is about the list.
func partWithin(name string, value any, n int) hinted.Fact {
	switch about := value.(type) {
	case map[string]any:
		for inner, value := range about {
			if saysMore(foldName(inner), value, n) {
				return hinted.Say("call.more-in-member", "name", firstOf(name+"/"+inner, mostName))
			}
		}
	case []any: // [{"rel": "next", "href": …}]
		for _, link := range about {
			if rel, _ := foldMember(asObject(link), "rel").(string); strings.EqualFold(rel, "next") {
				return hinted.Say("call.next-in-member", "name", firstOf(name, mostName))
			}
		}
	}
	return hinted.Fact{}
}

func asObject(value any) map[string]any {
	object, _ := value.(map[string]any)
	return object
}

// saysMore reports whether a member or a header of that name says that n entries are not all.
func saysMore(folded string, value any, n int) bool {
	switch {
	case slices.Contains(nextNames, folded):
		return !isNothing(value) && !slices.Contains([]string{"false", "0", "null", "none"}, textOf(value))
	case slices.Contains(moreNames, folded):
		return slices.Contains([]string{"true", "1"}, textOf(value))
	case slices.Contains(lastNames, folded):
		return textOf(value) == "false"
	case slices.Contains(allNames, folded):
		all, err := strconv.ParseFloat(textOf(value), 64)
		return err == nil && all > float64(n)
	case slices.Contains(pageNames, folded):
		pages, err := strconv.ParseFloat(textOf(value), 64)
		return err == nil && pages > 1
	}
	return false
}

func textOf(value any) string {
	switch v := value.(type) {
	case string:
		return strings.ToLower(strings.TrimSpace(v))
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// foldName keeps letters and digits, in lower case: "@odata.nextLink" is "odatanextlink".
func foldName(name string) string {
	return string(bytes.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, []byte(name)))
}
