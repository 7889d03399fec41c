// The picture: rows of boxes on a canvas that shows the part in view.

const ROW = 19; // pixels
const FONT = '12px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';

// picture draws lines, each a row of a laid-out tree. Where they are scrolled to
// and how wide they are is asked of the elements at each frame.
function picture(canvas, scroller, spacer, model) {
	const ink = canvas.getContext("2d", { alpha: false });
	const { head } = model;
	const shade = head.frames.name.map((name) => packageShade(name, head.shades));
	let charWidth = 0, tallest = 0, lines = [], zoom = null, look = {}, wanted = false;
	const page = {};

	function box(line) {
		const { view } = line;
		const k = zoom && zoom.view === view ? view.place[zoom.node] : 0;
		return { from: view.x[k], width: view.w[k], row: zoom && zoom.view === view ? zoom.row : 0 };
	}

	function paint() {
		wanted = false;
		const width = scroller.clientWidth, height = scroller.clientHeight, dense = window.devicePixelRatio || 1;
		if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(height * dense)) {
			canvas.width = Math.round(width * dense);
			canvas.height = Math.round(height * dense);
			canvas.style.width = width + "px";
			canvas.style.height = height + "px";
		}
		const style = getComputedStyle(document.documentElement);
		for (const name of ["page", "text", "small", "match"]) page[name] = style.getPropertyValue("--" + name).trim();
		ink.setTransform(dense, 0, 0, dense, 0, 0);
		ink.fillStyle = page.page;
		ink.fillRect(0, 0, width, height);
		ink.font = FONT;
		ink.textBaseline = "middle";
		charWidth = charWidth || ink.measureText("0000000000").width / 10;
		const first = Math.floor(scroller.scrollTop / ROW);
		for (let i = first; i < lines.length && (i - first - 1) * ROW < height; i++) {
			paintLine(lines[i], i * ROW - scroller.scrollTop, width);
		}
	}

	// paintLine costs as much as the line has pixels, whatever there is to show.
	function paintLine(line, y, width) {
		const { view } = line, end = view.rows[line.row + 1], { from, width: whole, row } = box(line);
		if (!(whole > 0)) return;
		const scale = width / whole, to = from + whole;
		let small = -1, smallTo = 0, smallHit = false;
		const flush = () => {
			if (small >= 0) {
				ink.globalAlpha = 1;
				ink.fillStyle = smallHit ? page.match : page.small;
				ink.fillRect(small, y + 3, Math.max(smallTo - small, 0.5), ROW - 7);
			}
			small = -1;
			smallHit = false;
		};
		for (let k = behind(view, view.rows[line.row], end, from); k < end && view.x[k] < to;) {
			const a = (Math.max(view.x[k], from) - from) * scale, b = Math.min((view.x[k] + view.w[k] - from) * scale, width);
			if (b - a >= 2) {
				flush();
				paintBox(view, k, a, b, y, line.row < row);
				k++;
				continue;
			}
			// What follows within this pixel shows nothing that could be told apart.
			const next = Math.max(k + 1, behind(view, k, end, from + (Math.floor(b) + 1) / scale));
			if (small >= 0 && a - smallTo > 1) flush();
			if (small < 0) small = a;
			smallTo = b;
			smallHit = smallHit || hits(view, k, next);
			k = next;
		}
		flush();
	}

	const hits = (view, k, end) => look.marks && view.tree === model.tree && look.marks(view)[end] > look.marks(view)[k];

	function paintBox(view, k, a, b, y, above) {
		const i = view.seq[k], f = view.tree.frame[i];
		const colour = look.colour(view, i, shade[f]);
		const hit = look.match && look.match[f], dim = above || (look.match && !hit);
		ink.globalAlpha = dim ? (above ? 0.5 : 0.3) : 1;
		ink.fillStyle = hit ? page.match : colour.back;
		ink.fillRect(a, y, b - a - (b - a > 3 ? 1 : 0.5), ROW - 1);
		const room = Math.floor((b - a - 8) / charWidth);
		if (room < 3) return;
		const name = head.frames.name[f];
		let text = label(name, room - colour.mark.length);
		if (text) text = colour.mark + text;
		ink.globalAlpha = dim ? 0.75 : 1;
		ink.fillStyle = hit ? "#000" : dim ? page.text : colour.text;
		ink.fillText(text, a + 4, y + ROW / 2);
	}

	return {
		show(newLines, newZoom, newLook) {
			lines = newLines;
			zoom = newZoom;
			look = newLook;
			spacer.style.height = lines.length * ROW + "px";
			tallest = Math.max(tallest, lines.length); // the page must not jump with each zoom
			scroller.style.height = `min(68vh, ${tallest * ROW + 2}px)`;
			this.paint();
		},
		paint() {
			if (!wanted) requestAnimationFrame(paint);
			wanted = true;
		},
		// at is the box under a point of the scroller.
		at(x, y) {
			const i = Math.floor((y + scroller.scrollTop) / ROW), line = lines[i];
			if (!line || y < 0 || x < 0) return null;
			const { from, width } = box(line), v = from + (x / scroller.clientWidth) * width;
			const end = line.view.rows[line.row + 1];
			const k = behind(line.view, line.view.rows[line.row], end, v);
			return k < end && line.view.x[k] <= v ? { view: line.view, node: line.view.seq[k], line: i } : null;
		},
		// place is where the box of a node is, in pixels of the scroller's content.
		place(hit) {
			const { from, width } = box(lines[hit.line]), scale = scroller.clientWidth / width, k = hit.view.place[hit.node];
			const a = Math.max((hit.view.x[k] - from) * scale, 0);
			const b = Math.min((hit.view.x[k] + hit.view.w[k] - from) * scale, scroller.clientWidth);
			return { left: a, width: Math.max(b - a, 2), top: hit.line * ROW, height: ROW };
		},
		lineOf(view, node) {
			const k = view.place[node];
			return lines.findIndex((l) => l.view === view && view.rows[l.row] <= k && k < view.rows[l.row + 1]);
		},
		lines: () => lines,
	};
}

// packageShade picks a shade for a package, as palette.go does (FNV-1a).
function packageShade(name, shades) {
	let h = 2166136261;
	for (const b of new TextEncoder().encode(packageOf(name))) h = Math.imul(h ^ b, 16777619) >>> 0;
	return (h >>> 4) % shades;
}
