package jobs

// chunks is a long list that grows without being copied: a copy would need the memory of both.
type chunks[T any] struct{ parts [][]T }

const chunkSize = 1 << 14

// room is the last part, with place for n more.
func (c *chunks[T]) room(n int) *[]T {
	if last := len(c.parts) - 1; last >= 0 && cap(c.parts[last])-len(c.parts[last]) >= n {
		return &c.parts[last]
	}
	c.parts = append(c.parts, make([]T, 0, max(chunkSize, n)))
	return &c.parts[len(c.parts)-1]
}

func (c *chunks[T]) add(v T) {
	part := c.room(1)
	*part = append(*part, v)
}
