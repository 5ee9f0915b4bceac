package pull

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"syncd/internal/hinted"
	"syncd/internal/report/locale"
)

// Where a file cannot be kept on its way, it is told in which folder.
func TestNoRoomForAFile(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gone")
	t.Setenv("TMPDIR", folder)
	_, err := newSpool(1)
	said := hinted.TextIn(locale.Of(locale.English, ""), err)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(said, "no file can be kept in "+folder) { // inbox.no-room
		t.Errorf("%q, %v", said, err)
	}
}
