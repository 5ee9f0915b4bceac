package contract

import "slices"

// breakCalls marks the operations that reach a reference which leads nowhere, and notes them. It is an error when no
// operation is left whole.
func (r *reader) breakCalls(document *Document) *ReadError {
	broken := r.brokenSchemas()
	whole := false
	for _, operation := range document.Operations {
		for _, root := range r.roots[operation] {
			if operation.Broken == nil {
				operation.Broken = broken[root]
			}
		}
		if operation.Broken == nil {
			whole = true
			continue
		}
		r.note(operation.callName(), operation.Broken.Problem)
	}
	if !whole {
		return document.Operations[0].Broken
	}
	return nil
}

// brokenSchemas are those that are, or lead to, a reference which leads nowhere, each with one such.
func (r *reader) brokenSchemas() map[*Schema]*ReadError {
	broken := map[*Schema]*ReadError{}
	var reached []*Schema
	for _, s := range r.schemas {
		if err := r.drafts[s].broken; err != nil {
			broken[s] = err
			reached = append(reached, s)
		}
	}
	if len(reached) == 0 {
		return nil
	}
	users := r.users()
	for len(reached) > 0 {
		s := reached[len(reached)-1]
		reached = reached[:len(reached)-1]
		for _, user := range users[s] {
			if broken[user] == nil {
				broken[user] = broken[s]
				reached = append(reached, user)
			}
		}
	}
	return broken
}

// users are the schemas that refer to each schema themselves.
func (r *reader) users() map[*Schema][]*Schema {
	users := map[*Schema][]*Schema{}
	for _, s := range r.schemas {
		for _, used := range slices.Concat(r.drafts[s].parts, s.inner()) {
			users[used] = append(users[used], s)
		}
	}
	return users
}
