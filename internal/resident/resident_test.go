package resident

import (
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestWhatIsForgotten: pages of the file that can neither be written nor were; not another file's, and none that was relocated.
func TestWhatIsForgotten(t *testing.T) {
	t.Parallel()
	of := func(mappings ...string) string {
		var text strings.Builder
		for _, m := range mappings {
			line, anonymous, _ := strings.Cut(m, ";")
			text.WriteString(line + "\nSize:              64 kB\nRss:              64 kB\nAnonymous:        " + anonymous + " kB\nVmFlags: rd mr\n")
		}
		return text.String()
	}
	got := untouched(strings.NewReader(of(
		"00400000-01200000 r-xp 00001000 fe:00 1 /usr/bin/syncd;0",
		"01200000-02100000 r--p 00e01000 fe:00 1 /usr/bin/syncd;0",
		"02100000-02200000 rw-p 01d01000 fe:00 1 /usr/bin/syncd;0",
		"02200000-02300000 r--p 01e01000 fe:00 1 /usr/bin/syncd;8",
		"02300000-02400000 r--p 01e01000 fe:00 1 /opt/usr/bin/syncd;0",
		"c000000000-c000400000 rw-p 00000000 00:00 0;60",
	)), "/usr/bin/syncd")
	if want := []mapping{{0x400000, 0x1200000}, {0x1200000, 0x2100000}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// TestForget forgets pages of this very program, which goes on.
func TestForget(t *testing.T) {
	before := resident(t)
	Forget()
	if after := resident(t); after >= before {
		t.Errorf("%d kB of files are resident, %d were", after, before)
	}
}

var ofFiles = regexp.MustCompile(`RssFile:\s+(\d+) kB`)

func resident(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	found := ofFiles.FindSubmatch(status)
	if found == nil {
		t.Fatalf("no size in %s", status)
	}
	kB, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return kB
}
