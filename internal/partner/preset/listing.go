package preset

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"syncd/internal/canonjson"
	"syncd/internal/hinted"
	"syncd/internal/httpcall"
	"syncd/internal/jobs"
	"syncd/internal/lazyregexp"
)

// Page implements jobs.Feed.
func (f *feed) Page(ctx context.Context, ask jobs.Ask) (*jobs.Page, error) {
	s, err := f.of(ask.Collection)
	if err != nil {
		return nil, err
	}
	return f.page(ctx, s, s.listing(&ask), ask)
}

func (f *feed) page(ctx context.Context, s *shower, l *Listing, ask jobs.Ask) (*jobs.Page, error) {
	limits, places := s.limits(l, &ask)
	body, parameters := l.place(places)
	call, err := f.call("list", &l.Call, false, func(name string) string { return limits[name] }, parameters...)
	if err != nil {
		return nil, err
	}
	call.Body, call.Limit = body, mostPage
	answered, err := f.readJSON(ctx, call)
	if large, ok := errors.AsType[*jobs.CallError](err); ok && large.What.Code == httpcall.TooLarge {
		if smaller, parts := l.parted(); parts > 1 {
			return f.inParts(ctx, s, smaller, parts, ask)
		}
		large.Tell(large.What, hinted.Say("preset.large-page", "table", call.Section, "collection", ask.Collection))
	}
	if err != nil {
		return nil, err
	}
	p, err := s.page(answered.Text, l, &ask)
	if err != nil {
		return nil, f.strange(call, err)
	}
	p.Date = answered.Date
	return p, nil
}

// parted is a list by smaller pages, and how many of them are one; 1 = it cannot be asked for by smaller ones.
func (l *Listing) parted() (*Listing, int) {
	if l.Page == nil || l.Page.Limit == "" {
		return l, 1
	}
	for parts := 2; parts <= l.Page.Size; parts++ {
		if l.Page.Size%parts == 0 {
			smaller, page := *l, *l.Page
			page.Size /= parts
			smaller.Page = &page
			return &smaller, parts
		}
	}
	return l, 1
}

// inParts asks for a page that is too large by smaller ones.
func (f *feed) inParts(ctx context.Context, s *shower, l *Listing, parts int, ask jobs.Ask) (*jobs.Page, error) {
	var whole *jobs.Page
	ask.Follows = nil // a part comes first
	for first, i := ask.Page*parts, 0; i < parts; i++ {
		ask.Page = first + i
		p, err := f.page(ctx, s, l, ask)
		switch {
		case err != nil:
			return nil, err
		case whole == nil:
			whole = p
		default:
			whole.Moved = whole.Moved || p.Moved || p.Total != whole.Total
			whole.Repeated, whole.Last = whole.Repeated+p.Repeated, p.Last
			for _, r := range p.Records {
				if r.Key != "" && slices.ContainsFunc(whole.Records, func(known jobs.Record) bool { return known.Key == r.Key }) {
					whole.Moved = true // from one part into the next: a page has each once
					continue
				}
				whole.Records = append(whole.Records, r)
			}
		}
		if whole.Last {
			break
		}
	}
	return whole, nil
}

func (f *feed) of(collection string) (*shower, error) {
	if s := f.showers[collection]; s != nil {
		return s, nil
	}
	return nil, jobs.Troubled(jobs.ClassConfiguration, collection, hinted.Say("preset.no-collection"))
}

// listing is the list that is asked for.
func (s *shower) listing(ask *jobs.Ask) *Listing {
	if sweep := s.collection.Sweep; ask.Sweep && sweep != nil {
		return &sweep.List
	}
	return &s.collection.List
}

// limits are how a page is asked for: what stands for the names in its call, and what goes into its body or its parameters.
func (s *shower) limits(l *Listing, ask *jobs.Ask) (names, places map[string]string) {
	if sweep := s.collection.Sweep; ask.Sweep && sweep != nil {
		return map[string]string{"since": s.begin(ask.From, sweep.Format), "until": s.end(ask.To, sweep.Format)}, l.places(ask.Page)
	}
	w, places := &s.collection.Windows[ask.Window], l.places(ask.Page)
	if w.From != "" && !ask.From.IsZero() {
		places[w.From] = s.begin(ask.From, w.Format)
	}
	if w.To != "" && !ask.To.IsZero() {
		places[w.To] = s.begin(ask.To, w.Format) // with days its last one
	}
	return nil, places
}

// begin is how a moment is written: with days the one that it is in.
func (s *shower) begin(t time.Time, format string) string {
	if format == FormatMoment {
		return t.In(s.zone).Format(time.RFC3339)
	}
	return t.In(s.zone).Format(time.DateOnly)
}

// end is how an end is written that is no part of the interval: with days the one after the last.
func (s *shower) end(t time.Time, format string) string {
	const day = 24 * time.Hour
	divided := t.Equal(t.Truncate(day)) // at a midnight of UTC: what comes next begins with the same day
	if t = t.In(s.zone); format == FormatDay && !divided && t.Format(time.TimeOnly) != "00:00:00" {
		t = t.AddDate(0, 0, 1)
	}
	return s.begin(t, format)
}

// places are the values that a page is asked for by, and where they go.
func (l *Listing) places(page int) map[string]string {
	places := map[string]string{}
	if l.Page == nil {
		return places
	}
	places[l.Page.Number+l.Page.Offset] = strconv.Itoa(l.Page.number(page))
	if l.Page.Limit != "" {
		places[l.Page.Limit] = strconv.Itoa(l.Page.Size)
	}
	return places
}

var wholeNumber = lazyregexp.New(`^(0|[1-9][0-9]*)$`)

// place puts values into the body, or makes parameters of them.
func (l *Listing) place(places map[string]string) (body []byte, parameters []Parameter) {
	var document any
	if l.Body != "" {
		document, _ = canonjson.Decode([]byte(l.Body)) // it was read as an object
	}
	for _, name := range slices.Sorted(maps.Keys(places)) {
		if !strings.HasPrefix(name, "/") {
			parameters = append(parameters, Parameter{name, places[name]})
			continue
		}
		var value any = places[name]
		if wholeNumber().MatchString(places[name]) {
			value = json.Number(places[name])
		}
		put(document, httpcall.NewPointer(name), value)
	}
	if l.Body == "" {
		return nil, parameters
	}
	return canonjson.AppendAny(nil, document), parameters
}

// put sets a member, and makes the objects on its way.
func put(document any, pointer httpcall.Pointer, value any) {
	at, _ := document.(map[string]any)
	for i, name := range pointer {
		if at == nil {
			return
		}
		if i == len(pointer)-1 {
			at[name] = value
			return
		}
		below, ok := at[name].(map[string]any)
		if !ok {
			below = map[string]any{}
			at[name] = below
		}
		at = below
	}
}

// page reads the answer to a list call that asked for a page, from 0.
func (s *shower) page(text []byte, l *Listing, ask *jobs.Ask) (*jobs.Page, error) {
	paging := cmp.Or(l.Page, &Paging{})
	told := canonjson.FollowAll(text, l.Records, paging.Pages, paging.Total, paging.Echo)
	if l.Records == "" {
		told[0] = text
	}
	raw, err := l.records(told[0])
	if err != nil {
		return nil, err
	}
	p := &jobs.Page{Pages: -1, Total: -1, Last: true}
	if l.Page != nil {
		if err := paging.read(told[1:], p, ask.Page, len(raw)); err != nil {
			return nil, err
		}
	}
	if !p.Last && ask.Follows != nil {
		ask.Follows()
	}
	seen := map[string]int{}
	for _, one := range raw {
		r := s.listed(one, l)
		if s.again(p.Records, seen, r) {
			p.Repeated++
			continue
		}
		p.Records = append(p.Records, r)
	}
	return p, nil
}

// again reports whether a page has shown a record of this key before. The same once more is none; two of one key are neither.
func (s *shower) again(all []jobs.Record, seen map[string]int, r jobs.Record) bool {
	if r.Key == "" {
		return false
	}
	i, known := seen[r.Key]
	if !known {
		seen[r.Key] = len(all)
		return false
	}
	if all[i].Problem != r.Problem || all[i].Fingerprint != r.Fingerprint {
		all[i] = jobs.Record{Key: r.Key, Problem: jobs.RecordTwice}
	}
	return true
}

// read reads what an answer says of its pages: how many there are, of how many records, and which one it is.
func (g *Paging) read(told [][]byte, p *jobs.Page, asked, shown int) (err error) {
	if p.Pages, err = count(told[0]); err != nil {
		return err
	}
	if p.Total, err = count(told[1]); err != nil {
		return err
	}
	switch {
	case p.Pages >= 0:
		p.Last = asked+1 >= p.Pages
	case p.Total >= 0:
		p.Last = (asked+1)*g.Size >= p.Total
	default:
		p.Last = shown == 0 // a short page may be short for another reason
	}
	if p.Total == 0 && shown == 0 {
		return nil
	}
	echoed, err := count(told[2])
	if err == nil && echoed >= 0 && echoed != g.number(asked) {
		err = &odd{"other-page"}
	}
	return err
}

// number is how a page, from 0, is asked for.
func (g *Paging) number(page int) int {
	if g.Offset != "" {
		return page * g.Size
	}
	return page + g.First
}

// records cuts a list into its records.
func (l *Listing) records(list []byte) ([][]byte, error) {
	items, err := items(list)
	if err != nil {
		return nil, err
	}
	begins := byte('{')
	if l.Texts {
		begins = '"'
	}
	if l.Each != "" {
		if items, err = l.below(items); err != nil {
			return nil, err
		}
	}
	switch {
	case len(items) > mostOnPage:
		return nil, &odd{"shape-many"}
	case slices.ContainsFunc(items, func(item []byte) bool { return item[0] != begins }):
		return nil, &odd{"shape-record"}
	}
	return items, nil
}

// below are the records one level down, with what they take along: all of it is no more than two answers could be.
func (l *Listing) below(groups [][]byte) (records [][]byte, err error) {
	size := 0
	for _, group := range groups {
		if group[0] != '{' {
			return nil, &odd{"shape-record"}
		}
		items, err := itemsAt(group, l.Each)
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			record := l.taking(item, group)
			if size += len(record); size > 2*mostPage {
				return nil, &odd{"shape-many"}
			}
			records = append(records, record)
		}
	}
	return records, nil
}

// taking puts members of the group into a record that has none of that name.
func (l *Listing) taking(record, group []byte) []byte {
	if record[0] != '{' {
		return record
	}
	for _, pointer := range l.With {
		name := canonjson.PointerName(pointer[strings.LastIndexByte(pointer, '/')+1:])
		value := at(group, pointer)
		if value == nil || at(record, "/"+canonjson.PointerToken(name)) != nil {
			continue
		}
		taken, _ := canonjson.AppendString([]byte("{"), []byte(name))
		taken = append(append(taken, ':'), value...)
		if rest := bytes.TrimLeft(record[1:], " \t\r\n"); rest[0] != '}' {
			taken = append(taken, ',')
		}
		record = append(taken, record[1:]...)
	}
	return record
}
