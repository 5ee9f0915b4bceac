package restapi

import (
	"maps"
	"slices"
	"strings"
)

// maxWordsDepth is how deep words for people are looked for below the pointer that leads to them.
const maxWordsDepth = 4

// messageIn is what refusals say to people: the code, where it is what refuses, and the words at Message, else those at
// Errors. A code that means success after all shows that the rules are wrong, not the document.
func (r *answerRules) messageIn(refused []any) string {
	var words []string
	for _, result := range refused {
		words = append(words, r.wordsIn(result)...)
	}
	return strings.TrimSuffix(tidy(strings.Join(words, " ")), ":")
}

func (r *answerRules) wordsIn(result any) []string {
	var words []string
	if accepts, ok := r.succeeds(result); ok && !accepts {
		code, _ := r.code.textAt(result)
		words = append(words, strings.TrimSpace("code "+code)+":")
	}
	return append(words, r.wordsAt(result)...)
}

// wordsAt are the words at Message, else those at Errors.
func (r *answerRules) wordsAt(result any) (words []string) {
	if r.message != nil {
		found, _ := r.message.find(result)
		if told := wordsOf(found, maxWordsDepth); len(told) > 0 {
			return told
		}
	}
	for _, p := range r.errors {
		found, _ := p.find(result)
		words = append(words, wordsOf(found, maxWordsDepth)...)
	}
	return words
}

// wordsOf are the texts in a value, members of objects in the order of their names.
func wordsOf(value any, depth int) []string {
	var words []string
	switch v := value.(type) {
	case string:
		if text := strings.TrimSpace(v); text != "" {
			words = append(words, text)
		}
	case []any:
		for _, item := range v {
			if depth > 0 {
				words = append(words, wordsOf(item, depth-1)...)
			}
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if depth > 0 {
				words = append(words, wordsOf(v[name], depth-1)...)
			}
		}
	}
	return words
}
