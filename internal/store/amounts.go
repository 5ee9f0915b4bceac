package store

import (
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"syncd/internal/jobs"
)

// appendTotals writes totals in few bytes, for a plan reads and writes those of everyone: for each period its name, the
// number of its totals, and for each of them the length of its path, the path and the units.
func appendTotals(text []byte, periods []jobs.PeriodTotals) []byte {
	for _, p := range periods {
		text = append(text, p.Period...)
		text = binary.AppendUvarint(text, uint64(len(p.Totals)))
		for _, path := range slices.Sorted(maps.Keys(p.Totals)) {
			text = binary.AppendUvarint(text, uint64(len(path)))
			text = append(text, path...)
			text = binary.AppendVarint(text, p.Totals[path])
		}
	}
	return text
}

var errTotals = errors.New("the totals of elements in the ledger cannot be read")

const periodBytes = len("2026-11")

func readTotals(text []byte) ([]jobs.PeriodTotals, error) {
	var periods []jobs.PeriodTotals
	for len(text) > 0 {
		if len(text) < periodBytes {
			return nil, errTotals
		}
		p := jobs.PeriodTotals{Period: jobs.Period(text[:periodBytes])}
		n, rest, err := uvarint(text[periodBytes:])
		if err != nil {
			return nil, err
		}
		if text = rest; n > 0 {
			p.Totals = make(jobs.Totals, n)
		}
		for range n {
			if text, err = readTotal(text, p.Totals); err != nil {
				return nil, err
			}
		}
		periods = append(periods, p)
	}
	return periods, nil
}

func readTotal(text []byte, to jobs.Totals) (rest []byte, err error) {
	n, text, err := uvarint(text)
	if err != nil {
		return nil, err
	}
	path := string(text[:n])
	units, read := binary.Varint(text[n:])
	if read <= 0 {
		return nil, errTotals
	}
	to[path] = units
	return text[int(n)+read:], nil //nolint:gosec // uvarint's contract
}

// uvarint reads a number that is no larger than what follows it.
func uvarint(text []byte) (n uint64, rest []byte, err error) {
	n, read := binary.Uvarint(text)
	if read <= 0 || n > uint64(len(text)-read) {
		return 0, nil, errTotals
	}
	return n, text[read:], nil
}
