package restapi

import (
	"fmt"
	"strings"
)

// calls are the endpoints and the place of the dossier key: what an operation is made of. They are replaced as a whole,
// never changed, so that a run which has begun keeps one and the same shape.
type calls struct {
	endpoints
	shape   Shape  // complete: "" stands for nothing here
	derived string // the key's place, in words, where it is not that of the options
}

// Shape is what the API's contract can tell of the calls where the configuration is silent; "" = as the options say.
type Shape struct {
	SalarieMethod string // POST, PUT or PATCH
	KeyIn         string // KeyInHeader, KeyInQuery or KeyInPath
	KeyName       string
}

// Adopt changes the shape of the calls of each Dossier that makes its first call afterwards. One that has begun keeps its
// shape to its end: its documents were checked against the contract that this shape came from. It replaces what was adopted before: the zero Shape goes back to the options. A shape that Open would
// refuse is an error with a hint and changes nothing. Adopting the same again costs nothing.
func (c *Connection) Adopt(s Shape) error {
	s = s.orAsIn(c.options)
	if c.calls.Load().shape == s {
		return nil
	}
	o := c.options
	o.Salarie.Method, o.KeyIn, o.KeyName = s.SalarieMethod, s.KeyIn, s.KeyName
	adopted, err := o.calls()
	if err != nil {
		return fmt.Errorf("adopting what the contract says of the calls: %w", err)
	}
	adopted.derived = s.keyBeside(c.options)
	c.calls.Store(adopted)
	return nil
}

// keyBeside words where the dossier key goes when the options say otherwise; "" = they say the same, as they always do of
// a key in the path. The name is a stranger's: it is quoted, and not longer than a hint bears.
func (s Shape) keyBeside(o Options) string {
	sameHeader := s.KeyIn == KeyInHeader && strings.EqualFold(s.KeyName, o.KeyName)
	switch {
	case s.KeyIn == KeyInPath, s.KeyIn == o.KeyIn && (s.KeyName == o.KeyName || sameHeader):
		return ""
	case s.KeyIn == KeyInHeader:
		return fmt.Sprintf("header %.60q", s.KeyName)
	}
	return fmt.Sprintf("query parameter %.60q", s.KeyName)
}

func (s Shape) orAsIn(o Options) Shape {
	return Shape{
		SalarieMethod: orDefault(s.SalarieMethod, o.Salarie.Method),
		KeyIn:         orDefault(s.KeyIn, o.KeyIn),
		KeyName:       orDefault(s.KeyName, o.KeyName),
	}
}

// calls checks what a Shape may change, and all that depends on it.
func (o Options) calls() (*calls, error) {
	if err := o.checkKeyPlace(); err != nil {
		return nil, err
	}
	if err := o.checkFixed(); err != nil {
		return nil, err
	}
	e, err := o.checkEndpoints()
	if err != nil {
		return nil, err
	}
	return &calls{endpoints: e, shape: Shape{}.orAsIn(o)}, nil
}
