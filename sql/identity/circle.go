package identity

// circles are sets of keys that grow together, each named by its smallest key.
type circles struct {
	names  []string
	parent []int
}

// add puts a key into a circle of its own.
func (c *circles) add(name string) int {
	c.names = append(c.names, name)
	c.parent = append(c.parent, len(c.parent))
	return len(c.parent) - 1
}

func (c *circles) root(i int) int {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

func (c *circles) join(a, b int) {
	a, b = c.root(a), c.root(b)
	if a == b {
		return
	}
	if c.names[b] < c.names[a] {
		a, b = b, a
	}
	c.parent[b] = a
}

func (c *circles) name(i int) string { return c.names[c.root(i)] }
