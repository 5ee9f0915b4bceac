package contract

// readAnswers reads what the calls that take JSON answer, with a lenient reader of its own: syncd sends nothing by it, so
// mistakes there do the contract no harm. Where it would be too much to keep, no answer is told.
func (r *reader) readAnswers() {
	defer func() { _ = recover() }() // as in Read: no text is known that gets here
	answers := newReader(r.root)
	answers.swagger2, answers.siblings = r.swagger2, r.siblings
	read := map[*Operation]*Schema{}
	for operation, responses := range r.responses {
		read[operation] = answers.success(responses, operation.ID)
	}
	answers.finish()
	if answers.err != nil {
		return
	}
	for operation, answer := range read {
		operation.Answer = answer
	}
}

// success is the schema of the JSON that tells of success: that of the lowest status of 2xx that has one; nil = not told.
func (r *reader) success(responses map[string]any, where string) *Schema {
	for _, status := range sortedNames(responses) {
		if len(status) != len("2XX") || status[0] != '2' {
			continue
		}
		response := r.object(responses[status])
		if !r.swagger2 {
			if schema, _ := r.jsonContent(response, where); schema != nil {
				return schema
			}
		} else if response["schema"] != nil {
			return r.schema(response["schema"], where)
		}
	}
	return nil
}
