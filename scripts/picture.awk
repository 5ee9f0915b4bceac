# Draws a picture of a text, as SVG: boxes on a grid, and arrows between them. The same text gives the same bytes.
#   title TEXT                                what it shows, for who cannot see it
#   box NAME COLUMN ROW HEAD [| LINE]…
#   arrow FROM TO [TEXT]   both ONE OTHER [TEXT]
# usage: awk -f scripts/picture.awk docs/flow.txt > docs/flow.svg
BEGIN {
	wide = 206; high = 84; across = 106; down = 56; margin = 12
}

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	return text
}

function words(from,   i, text) {
	for (i = from; i <= NF; i++) text = text (i > from ? " " : "") $i
	return text
}

# edge is where an arrow between two places of a box leaves it: towards -1, 0 or 1.
function edge(start, length_, towards) { return start + (1 + towards) * length_ / 2 }

function sign(number) { return (number > 0) - (number < 0) }

function put(line) { body = body line "\n" }

/^#/ || NF == 0 { next }

$1 == "title" { title = words(2) }

$1 == "box" {
	left[$2] = margin + ($3 - 1) * (wide + across)
	top[$2] = margin + ($4 - 1) * (high + down)
	if (left[$2] + wide > width) width = left[$2] + wide
	if (top[$2] + high > height) height = top[$2] + high
	lines = split(words(5), line, / *\| */)
	put(sprintf("<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"8\"/>", left[$2], top[$2], wide, high))
	for (i = 1; i <= lines; i++) {
		y = top[$2] + high / 2 + 5 + (2 * i - lines - 1) * 10
		put(sprintf("<text x=\"%d\" y=\"%d\"%s>%s</text>", left[$2] + wide / 2, y, i == 1 ? " class=\"head\"" : "", escape(line[i])))
	}
}

$1 == "arrow" || $1 == "both" {
	if (!($2 in left) || !($3 in left)) {
		print "picture: line " NR ": no box " ($2 in left ? $3 : $2) > "/dev/stderr"
		failed = 1
		exit 1
	}
	x = sign(left[$3] - left[$2]); y = sign(top[$3] - top[$2])
	x1 = edge(left[$2], wide, x); y1 = edge(top[$2], high, y)
	x2 = edge(left[$3], wide, -x); y2 = edge(top[$3], high, -y)
	put(sprintf("<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"%s marker-end=\"url(#to)\"/>", x1 + 3 * x, y1 + 3 * y, x2 - 3 * x, y2 - 3 * y,
		$1 == "both" ? " marker-start=\"url(#to)\"" : ""))
	if (NF > 3) put(sprintf("<text x=\"%d\" y=\"%d\" class=\"label\">%s</text>", (x1 + x2) / 2, (y1 + y2) / 2 - 8 - (y ? 8 : 0), escape(words(4))))
}

END {
	if (failed) exit 1
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\">\n", width + margin, height + margin
	printf "<title>%s</title>\n", escape(title)
	print "<defs><marker id=\"to\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto-start-reverse\"><path d=\"M0 0 10 5 0 10z\" fill=\"#35507a\"/></marker></defs>"
	print "<style>rect{fill:#f4f7fb;stroke:#35507a;stroke-width:1.5}line{stroke:#35507a;stroke-width:1.5}text{font:13px sans-serif;fill:#333;text-anchor:middle}.head{font-weight:bold;fill:#111}.label{font-size:12px;fill:#35507a}</style>"
	printf "<rect width=\"%d\" height=\"%d\" style=\"fill:#fff;stroke:none\"/>\n", width + margin, height + margin
	printf "%s", body
	print "</svg>"
}
