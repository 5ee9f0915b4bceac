package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"syncd/internal/accounts"
	"syncd/internal/config"
	"syncd/internal/jobs"
)

var waitingItems = regexp.MustCompile(`(?s)<li><p><a class="target" href="([^"]+)">[^<]*</a></p><p>([^<]*)</p>(.*?)</li>`)

// Everything that waits is one list, the oldest first, with its age and its end, whether a whole run is held or somebody in one; what a
// person may not see to stands apart, with those who may.
func TestWhatWaitsIsOneList(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(c *config.Config) {
		for i := range c.Jobs {
			c.Jobs[i].HoldExpires = 7 * 24 * time.Hour
		}
	})
	run := s.leftInNovember()
	s.executeFor("dictionnaire", "sainte-anne")
	s.executeFor("paie", "sainte-anne")
	s.db.Exec(t, `UPDATE staging.employee SET ville = 'NANTES' WHERE dossier = 'sainte-anne'`)
	held := s.executeFor("paie", "sainte-anne")
	if held.State != jobs.Held {
		t.Fatalf("%+v", held)
	}
	s.db.Exec(t, `UPDATE syncd.run SET finished_at = '2026-11-20 10:00+01' WHERE id = $1`, run.ID)
	s.db.Exec(t, `UPDATE syncd.run SET finished_at = '2026-11-21 10:00+01' WHERE id = $1`, held.ID)

	marie := s.signedIn("marie", everything...)
	shown := marie.get("/waiting").want(http.StatusOK).body
	if contains(shown, "Ce qui attend d") {
		t.Error("something waits for others than who may everything")
	}
	items := waitingItems.FindAllStringSubmatch(shown, -1)
	if len(items) != 4 || !strings.HasPrefix(items[0][1], "/months/saint-martin") || items[3][1] != runPath(held.ID) {
		t.Fatalf("%d items, or not in their order:\n%s", len(items), shown)
	}
	expiring := 0
	for _, item := range items {
		if !contains(item[3], "Depuis le vendredi 20 novembre 2026 à 10\u00a0h") &&
			!contains(item[3], "Depuis le samedi 21 novembre 2026 à 10\u00a0h") {
			t.Errorf("how old is %q? %s", item[2], item[3])
		}
		if contains(item[3], "Abandonné le") {
			expiring++
		}
	}
	if expiring != 2 || !contains(items[3][3], "Abandonné le samedi 28 novembre 2026 à 10\u00a0h") {
		t.Errorf("%d are given up some day, want the person and the run that are held:\n%s", expiring, shown)
	}

	prepares := s.signedIn("prepare", accounts.Grant{Role: accounts.Prepare, Dossier: saintMartin})
	mine, others, found := strings.Cut(prepares.get("/waiting").want(http.StatusOK).body, "Ce qui attend d")
	if n := len(waitingItems.FindAllString(mine, -1)); !found || n != 2 || contains(mine, "Abandonné") {
		t.Errorf("%d wait for who prepares, want who is to be corrected and who was refused:\n%s", n, mine)
	}
	if theirs := waitingItems.FindAllStringSubmatch(others, -1); len(theirs) != 1 || !contains(theirs[0][3], "Qui le peut\u00a0: marie.") {
		t.Errorf("what waits for others: %s", others)
	}
	reader := s.signedIn("lecteur", accounts.Grant{Role: accounts.Read, Dossier: "sainte-anne"})
	mine, others, _ = strings.Cut(reader.get("/waiting").want(http.StatusOK, "Rien à décider").body, "Ce qui attend d")
	if len(waitingItems.FindAllString(mine, -1)) != 0 || len(waitingItems.FindAllString(others, -1)) != 1 || contains(others, "Saint-Martin") {
		t.Errorf("who reads one dossier is told:\n%s\n%s", mine, others)
	}
}
