package openapi

import (
	"slices"
	"strings"
)

const (
	JSONMedia = "application/json" // as which syncd sends
	formMedia = "application/x-www-form-urlencoded"
	fileMedia = "multipart/form-data"
)

// requestBody is what the parameters of a Swagger 2.0 operation say of its body.
type requestBody struct {
	schema   *Schema // of the body parameter; nil = there is none
	required bool
	form     bool // it has parameters in: formData
	files    bool // of which one is a file
}

// takes2 says what an operation of Swagger 2.0 takes: it consumes what it says itself, or else the whole document. What
// consumes nothing that is told is taken for JSON where it has a body.
func (r *reader) takes2(operation *Operation, node map[string]any, body *requestBody) {
	consumed := listIn(r.root, "consumes")
	if own, told := node["consumes"].([]any); told {
		consumed = own
	}
	media := make([]string, 0, len(consumed))
	for _, name := range consumed {
		if text, ok := name.(string); ok && strings.TrimSpace(text) != "" {
			media = append(media, mediaName(text))
		}
	}
	switch best := bestJSON(media); {
	case body.schema == nil && !body.form:
	case body.schema == nil:
		operation.Media = formOf(media, body.files)
	case best == "" && len(media) > 0:
		operation.Media = sortedMedia(media)
	default:
		operation.Body, operation.BodyRequired = body.schema, body.required
		operation.JSONType = otherJSON(best)
	}
}

// formOf are the media types of a form: those that are told, as far as they are of forms.
func formOf(media []string, files bool) []string {
	forms := slices.DeleteFunc(media, func(name string) bool { return name != formMedia && !strings.HasPrefix(name, "multipart/") })
	switch {
	case len(forms) > 0:
		return sortedMedia(forms)
	case files:
		return []string{fileMedia}
	}
	return []string{formMedia}
}

// takes3 says what an operation of OpenAPI 3 takes. A body of which no media type is told is taken for JSON.
func (r *reader) takes3(operation *Operation, body map[string]any) {
	if body == nil {
		return
	}
	operation.BodyRequired = isTrue(body, "required")
	content := objectIn(body, "content")
	if len(content) == 0 {
		operation.Body = r.anything
		return
	}
	var media string
	if operation.Body, media = r.jsonContent(body, operation.ID); operation.Body != nil {
		operation.JSONType = otherJSON(media)
		return
	}
	for name := range content {
		operation.Media = append(operation.Media, mediaName(name))
	}
	operation.Media = sortedMedia(operation.Media)
}

// jsonContent is the schema of the JSON among the media types of a body, and which one that is; nil when none is JSON.
func (r *reader) jsonContent(body map[string]any, where string) (*Schema, string) {
	content := objectIn(body, "content")
	best := bestJSON(sortedNames(content))
	if best == "" {
		return nil, ""
	}
	schema, told := objectIn(content, best)["schema"]
	if !told {
		return r.anything, mediaName(best)
	}
	return r.schema(schema, where), mediaName(best)
}

// bestJSON is the media type among several that is most surely the JSON which syncd sends; "" = none is JSON.
func bestJSON(media []string) (best string) {
	rank := 0
	for _, mediaType := range media {
		score := 0
		switch name := mediaName(mediaType); {
		case name == JSONMedia:
			score = 4
		case name == "text/json":
			score = 3
		case strings.HasSuffix(name, "+json"), strings.HasSuffix(name, "/x-json"):
			score = 2
		case name == "*/*" || name == "application/*" || name == "*":
			score = 1
		}
		if score > rank {
			best, rank = mediaType, score
		}
	}
	return best
}

// otherJSON is a media type of JSON as whose syncd does not send; "" = application/json is among what it means.
func otherJSON(media string) string {
	switch name := mediaName(media); {
	case name == JSONMedia, name == "text/json", strings.Contains(name, "*"):
		return ""
	default:
		return name
	}
}

// mediaName is a media type without its parameters and case.
func mediaName(media string) string {
	name, _, _ := strings.Cut(strings.ToLower(media), ";")
	return OneLine(name)
}

func sortedMedia(media []string) []string {
	slices.Sort(media)
	return slices.Compact(media)
}
