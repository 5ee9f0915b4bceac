package monitor

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	yamlBlocks = regexp.MustCompile("(?s)```yaml\n(.*?)```")
	// An expression is the rest of its line, or the deeper lines after "|".
	expressions = regexp.MustCompile(`(?m)^ +expr: (?:\|\n((?: {10,}.*\n)+)|(.*)\n)`)
	selectors   = regexp.MustCompile(`\b((?:syncd|go|process)_[a-z0-9_]+)(?:\{([^}]*)\})?`)
	labelNames  = regexp.MustCompile(`([a-z_]+)(?:=~|!~|!=|=)"`)
	tableRows   = regexp.MustCompile("(?m)^\\| `(syncd_[a-z_]+)` \\|([^|]*)\\|")
	quoted      = regexp.MustCompile("`([a-z_]+)`")
)

// registered are the labels of all metrics, by the names that expressions can use.
func registered(t *testing.T) map[string]map[string]bool {
	t.Helper()
	families, err := fullMetrics().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	for _, family := range families {
		labels := map[string]bool{}
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = true
			}
		}
		all[family.GetName()] = labels
	}
	return all
}

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// baseName is the metric that a series of a histogram belongs to.
func baseName(name string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// TestAlertsNameMetricsThatExist: a rule with a name that does not exist is valid, and never fires.
func TestAlertsNameMetricsThatExist(t *testing.T) {
	t.Parallel()
	metrics, named := registered(t), 0
	for _, block := range yamlBlocks.FindAllStringSubmatch(document(t), -1) {
		rules, found := strings.Count(block[1], "- alert:"), expressions.FindAllStringSubmatch(block[1], -1)
		if len(found) != rules {
			t.Errorf("%d rules, but %d expressions could be read", rules, len(found))
		}
		for _, expression := range found {
			for _, selector := range selectors.FindAllStringSubmatch(expression[1]+expression[2], -1) {
				named++
				labels, exists := metrics[baseName(selector[1])]
				if !exists {
					t.Errorf("%s is in a rule, but no metric", selector[1])
				}
				for _, label := range labelNames.FindAllStringSubmatch(selector[2], -1) {
					if exists && !labels[label[1]] {
						t.Errorf("%s has no label %s", selector[1], label[1])
					}
				}
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d metrics were found in the rules", named)
	}
}

// TestTheTableListsAllMetrics, with their labels.
func TestTheTableListsAllMetrics(t *testing.T) {
	t.Parallel()
	metrics, listed := registered(t), map[string]bool{}
	for _, row := range tableRows.FindAllStringSubmatch(document(t), -1) {
		listed[row[1]] = true
		labels := quoted.FindAllStringSubmatch(row[2], -1)
		if has, exists := metrics[row[1]]; !exists || len(has) != len(labels) {
			t.Errorf("%s has the labels %v, the table says %q", row[1], has, row[2])
		}
		for _, label := range labels {
			if !metrics[row[1]][label[1]] {
				t.Errorf("%s has no label %s", row[1], label[1])
			}
		}
	}
	for name := range metrics {
		if strings.HasPrefix(name, "syncd_") && !listed[name] {
			t.Errorf("%s is not in the table", name)
		}
	}
}
