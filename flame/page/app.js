// The page: what the user sees and does. All of it is one state, kept in the
// address, so that Back undoes and a copied address shows the same.

async function start() {
	const $ = (id) => document.getElementById(id);
	const model = await unpack($("data").textContent);
	const { head, tree, columns } = model;
	const names = head.frames.name;
	const draw = picture($("canvas"), $("scroller"), $("spacer"), model);
	let state = {}, search = null, views = new Map(), shown = {}, hover = null, selected = null;

	// --- state -------------------------------------------------------------

	const initial = () => ({ type: head.column, zoom: 0, query: "", frame: 0, order: "weight", colour: head.signed ? "change" : "class" });

	function readState() {
		const s = initial(), given = new URLSearchParams(location.hash.slice(1));
		const type = head.types.findIndex((t) => t.type === given.get("type"));
		if (type >= 0) s.type = type;
		const inside = (text, end) => (/^\d+$/.test(text) && Number(text) < end ? Number(text) : 0);
		s.zoom = inside(given.get("zoom"), tree.size);
		s.frame = inside(given.get("sandwich"), names.length);
		s.query = given.get("search") || "";
		if (given.get("order") === "name") s.order = "name";
		if (head.signed && given.get("colour") === "class") s.colour = "class";
		return s;
	}

	function writeState(s) {
		const d = initial(), out = new URLSearchParams();
		if (s.type !== d.type) out.set("type", head.types[s.type].type);
		if (s.zoom) out.set("zoom", s.zoom);
		if (s.frame) out.set("sandwich", s.frame);
		if (s.query) out.set("search", s.query);
		if (s.order !== d.order) out.set("order", s.order);
		if (s.colour !== d.colour) out.set("colour", s.colour);
		return "#" + out.toString();
	}

	// go changes the state. What is typed letter by letter is one step of history.
	function go(change, replace) {
		const next = { ...state, ...change }, hash = writeState(next);
		if (hash !== (location.hash || "#")) history[replace ? "replaceState" : "pushState"](null, "", hash);
		state = next;
		render();
	}

	// --- what is drawn -----------------------------------------------------

	const column = () => columns[state.type];
	const type = () => head.types[state.type];
	const width = (c, i) => c.cum[i] + (c.baseCum ? c.baseCum[i] : 0);
	const change = (c, i) => c.cum[i] - (c.baseCum ? c.baseCum[i] : 0);

	// once keeps what is costly to make, for the few latest.
	function once(key, make) {
		if (!views.has(key)) {
			if (views.size > 12) views.delete(views.keys().next().value);
			views.set(key, make());
		}
		return views.get(key);
	}

	const byName = () => (state.order === "name" ? names : null);
	const flameView = () => once("flame " + state.type + state.order, () => layOut(tree, column(), byName()));

	function sandwichViews() {
		return once(["sandwich", state.frame, state.type, state.order].join(" "), () => {
			const above = callers(model, column(), state.frame), below = callees(model, column(), state.frame);
			return { callers: layOut(above.tree, above.column, byName()), callees: layOut(below.tree, below.column, byName()) };
		});
	}

	function colour(view, i, shade) {
		if (state.colour !== "change" || !view.column.baseCum) {
			const paint = head.classes[view.tree.class[i]];
			return { back: paint.shades[shade], text: paint.text, mark: "" };
		}
		const w = width(view.column, i), lean = w ? change(view.column, i) / w : 0;
		const middle = (head.leans.length - 1) / 2;
		let step = 0;
		while (step < head.steps.length && Math.abs(lean) >= head.steps[step]) step++;
		return { ...head.leans[middle + (lean < 0 ? -step : step)], mark: arrow(lean, step) };
	}

	function arrow(lean, step) {
		if (lean === 1) return "+ ";
		if (lean === -1) return "× ";
		return step === 0 ? "" : lean > 0 ? "▲ " : "▼ ";
	}

	// marks counts matches from left to right, so that a run of boxes too narrow
	// to be drawn can be asked whether one is among them.
	function marks(view) {
		if (search.prefix && search.prefix.view === view) return search.prefix.sums;
		const sums = new Uint32Array(view.seq.length + 1);
		for (let k = 0; k < view.seq.length; k++) sums[k + 1] = sums[k] + search.match[tree.frame[view.seq[k]]];
		search.prefix = { view, sums };
		return sums;
	}

	function render() {
		hover = null;
		selected = null;
		runSearch();
		const look = { colour, match: search && search.match, marks: search && search.match ? marks : null };
		let lines, zoom = null;
		if (state.frame) {
			const { callers, callees } = sandwichViews();
			const up = callers.rows.length - 1, down = callees.rows.length - 1;
			lines = [];
			for (let r = up - 1; r > 0; r--) lines.push({ view: callers, row: r });
			for (let r = 0; r < down; r++) lines.push({ view: callees, row: r });
			shown = { view: callees, middle: up - 1, lines: lines.length };
			selected = { view: callees, node: 0, line: up - 1 };
		} else {
			const view = flameView();
			lines = view.rows.slice(1).map((_, row) => ({ view, row }));
			const k = view.place[state.zoom];
			zoom = { view, node: state.zoom, row: lines.findIndex((_, r) => k < view.rows[r + 1]) };
			lines = lines.slice(0, lastRow(view, k, zoom.row) + 1);
			shown = { view, middle: zoom.row, lines: lines.length };
			selected = { view, node: state.zoom, line: zoom.row };
		}
		draw.show(lines, zoom, look);
		renderHead();
		renderCrumbs();
		renderTable();
		mark();
	}

	// lastRow is the deepest row that has a box within that at place k.
	function lastRow(view, k, row) {
		const from = view.x[k], to = from + view.w[k];
		for (;;) {
			const next = row + 1;
			if (next >= view.rows.length - 1) return row;
			const at = behind(view, view.rows[next], view.rows[next + 1], from);
			if (at === view.rows[next + 1] || view.x[at] >= to) return row;
			row = next;
		}
	}

	function renderHead() {
		$("type").value = state.type;
		$("order").setAttribute("aria-pressed", state.order === "name");
		$("colour").setAttribute("aria-pressed", state.colour === "change");
		if (document.activeElement !== $("search")) $("search").value = state.query;
		$("total").textContent = type().total;
		$("legend").replaceChildren(...legend());
		$("flame").setAttribute("aria-pressed", !state.frame);
	}

	function legend() {
		const item = (paint, text, mark) => {
			const s = document.createElement("span");
			s.textContent = (mark || "") + text;
			s.style.background = paint.back || paint.shades[0];
			s.style.color = paint.text;
			return s;
		};
		if (state.colour === "change") {
			const l = head.leans, note = document.createElement("em");
			note.textContent = "width: before and after together";
			return [item(l[0], "gone", "× "), item(l[2], "less", "▼ "), item(l[4], "same"), item(l[6], "more", "▲ "), item(l[8], "new", "+ "), note];
		}
		const c = column(), own = head.classes.map(() => 0), seen = new Set(tree.class);
		for (let i = 0; i < tree.size; i++) own[tree.class[i]] += c.self[i] + (c.baseSelf ? c.baseSelf[i] : 0);
		const last = head.classes.length - 1; // what is no code
		return head.classes.map((k, i) => (i < last ? seen.has(i) : own[i] > 0) && item(k, k.name + " " + percent(own[i], width(c, 0)))).filter(Boolean);
	}

	// --- search --------------------------------------------------------------

	function runSearch() {
		const out = $("found"), field = $("search");
		out.classList.remove("bad");
		field.removeAttribute("aria-invalid");
		if (!state.query) {
			search = null;
			out.textContent = "";
			return;
		}
		if (search && search.query === state.query) return tell();
		try {
			// Small letters match capitals too, as in editors.
			const pattern = new RegExp(state.query, state.query === state.query.toLowerCase() ? "i" : "");
			search = { query: state.query, ...find(model, pattern) };
		} catch (e) {
			search = { query: state.query, bad: String(e.message).replace(/^Invalid regular expression: /, "") };
		}
		tell();

		function tell() {
			if (search.bad) {
				out.textContent = "not a regular expression: " + search.bad;
				out.classList.add("bad");
				field.setAttribute("aria-invalid", "true");
				return;
			}
			const c = column(), now = search.sum[state.type], was = search.baseSum[state.type];
			const share = c.baseCum
				? percent(was, c.baseCum[0]) + " → " + percent(now, c.cum[0])
				: percent(now, type().whole) + " · " + value(now, type());
			out.textContent = share + " · " + search.frames + (search.frames === 1 ? " function" : " functions");
		}
	}

	// step selects the next box that matches, in reading order.
	function step(by) {
		if (!search || !search.match || state.frame) return;
		const { view } = shown, from = view.x[view.place[state.zoom]], to = from + view.w[view.place[state.zoom]];
		const n = view.seq.length;
		let k = selected ? view.place[selected.node] : 0;
		for (let tries = 0; tries < n; tries++) {
			k = (k + by + n) % n;
			const i = view.seq[k];
			if (search.match[tree.frame[i]] && view.x[k] >= from && view.x[k] + view.w[k] <= to && view.w[k] > 0) {
				return select({ view, node: i, line: draw.lineOf(view, i) });
			}
		}
	}

	// --- boxes ---------------------------------------------------------------

	function facts(hit) {
		const { view, node } = hit, c = view.column, f = view.tree.frame[node], t = type();
		const rows = [];
		if (c.baseCum) {
			const was = c.baseCum[node], now = c.cum[node], by = now - was;
			const how = was === 0 ? "new" : now === 0 ? "gone" : signed(((100 * by) / was).toFixed(1) + "%", by);
			rows.push(["before", value(was, t)], ["after", value(now, t)], ["change", signed(value(Math.abs(by), t), by) + " (" + how + ")"]);
			rows.push(["of total", signed(percent(by, t.whole), by)]);
		} else {
			rows.push(["cum", value(c.cum[node], t) + " · " + percent(c.cum[node], t.whole)]);
			if (c.self) rows.push(["flat", value(c.self[node], t) + " · " + percent(c.self[node], t.whole)]);
			const k = state.frame ? 0 : state.zoom;
			if (k || state.frame) rows.push([state.frame ? "of function" : "of zoomed", percent(c.cum[node], state.frame ? shown.view.column.cum[0] : c.cum[k])]);
		}
		const file = head.frames.file[f], line = head.frames.line[f];
		return { name: names[f], place: file + (line ? ":" + line : ""), class: f > SMALL ? head.classes[view.tree.class[node]].name : "", rows };
	}

	function mark() {
		for (const [id, hit] of [["hovered", hover], ["selected", selected]]) {
			const box = $(id).style, at = hit && hit.line >= 0 && hit.line < shown.lines ? draw.place(hit) : null;
			box.display = at ? "block" : "none";
			if (at) for (const k of ["left", "width", "top", "height"]) box[k] = at[k] + "px";
		}
		const hit = hover || selected;
		if (!hit) return;
		const f = facts(hit), bold = document.createElement("b");
		bold.textContent = f.name;
		$("details").replaceChildren(bold, " " + [...f.rows.map(([k, v]) => k + " " + v), f.class, f.place].filter(Boolean).join("   "));
	}

	function select(hit) {
		selected = hit;
		hover = null;
		hideTip();
		mark();
		const top = hit.line * ROW, s = $("scroller");
		if (top < s.scrollTop || top + ROW > s.scrollTop + s.clientHeight) s.scrollTop = top - s.clientHeight / 3;
		const f = facts(hit);
		$("spoken").textContent = f.name + ", " + f.rows.map((r) => r.join(" ")).join(", ") + (f.class && ", " + f.class);
	}

	function showTip(hit, x, y) {
		const tip = $("tip"), f = facts(hit), list = document.createElement("dl");
		for (const [k, v] of f.rows) {
			const dt = document.createElement("dt"), dd = document.createElement("dd");
			dt.textContent = k;
			dd.textContent = v;
			list.append(dt, dd);
		}
		const name = document.createElement("b"), place = document.createElement("small");
		name.textContent = f.name;
		place.textContent = [f.class, f.place].filter(Boolean).join(" · ");
		tip.replaceChildren(name, place, list);
		tip.style.display = "block";
		const w = tip.offsetWidth, h = tip.offsetHeight;
		tip.style.left = Math.max(4, Math.min(x + 14, innerWidth - w - 8)) + "px";
		tip.style.top = (y + 18 + h > innerHeight ? Math.max(4, y - h - 10) : y + 18) + "px";
	}

	const hideTip = () => { $("tip").style.display = "none"; };

	// open is what a click and Enter do: zoom, or in a sandwich turn to the function.
	function open(hit) {
		const f = hit.view.tree.frame[hit.node];
		if (!state.frame) go({ zoom: hit.node });
		else if (f > SMALL && f !== state.frame) go({ frame: f });
	}

	function sandwich(frame) {
		if (frame > SMALL) go({ frame, zoom: 0 });
	}

	// move goes to a neighbour of the selected box.
	function move(key) {
		const hit = selected;
		if (!hit) return;
		const { view } = hit, { tree: t } = view;
		let line = hit.line, node = hit.node, by = key === "ArrowDown" ? 1 : key === "ArrowUp" ? -1 : 0;
		if (by && state.frame) {
			// Above the middle, callers lie upwards; the middle belongs to both.
			const up = sandwichViews().callers;
			if (line < shown.middle || (line === shown.middle && by < 0)) {
				const away = by < 0, at = line === shown.middle ? 0 : node;
				node = away ? heaviest(up, at) : t.parent[node];
				if (node < 0) return;
				line += by;
				return select({ view: line === shown.middle ? shown.view : up, node, line });
			}
		}
		if (by > 0) node = heaviest(view, node);
		else if (by < 0) node = t.parent[node];
		else {
			const k = view.place[node] + (key === "ArrowRight" ? 1 : -1), row = draw.lines()[line].row;
			if (k < view.rows[row] || k >= view.rows[row + 1]) return;
			node = view.seq[k];
		}
		if (node >= 0) select({ view, node, line: line + by });
	}

	// heaviest is the widest child of a node, -1 without any.
	function heaviest(view, node) {
		let best = -1;
		for (let c = view.tree.first[node]; c < view.tree.first[node + 1]; c++) {
			if (best < 0 || view.w[view.place[c]] > view.w[view.place[best]]) best = c;
		}
		return best;
	}

	// --- around the picture -----------------------------------------------------

	function renderCrumbs() {
		const crumbs = [];
		const crumb = (text, title, act) => {
			const b = document.createElement("button");
			b.textContent = text;
			b.title = title;
			b.onclick = act;
			crumbs.push(b);
		};
		if (state.frame) {
			crumb("all", "the whole flame graph", () => go({ frame: 0, zoom: 0 }));
			const name = names[state.frame];
			crumb("callers and callees of " + labels(name)[1], name, () => {});
		} else {
			for (let i = state.zoom; i >= 0; i = tree.parent[i]) {
				const name = names[tree.frame[i]], at = i;
				crumb(labels(name)[1], name, () => go({ zoom: at }));
			}
			crumbs.reverse();
			if (crumbs.length > 9) {
				const gap = document.createElement("span");
				gap.textContent = "… " + (crumbs.length - 8) + " more";
				crumbs.splice(2, crumbs.length - 8, gap);
			}
		}
		crumbs[crumbs.length - 1].setAttribute("aria-current", "true");
		$("crumbs").replaceChildren(...crumbs);
	}

	let sortBy = "flat", most = 50;

	function renderTable() {
		const c = column(), t = type(), key = "functions " + state.type;
		const sums = once(key, () => functions(model, c)), signedSums = !!sums.base;
		const side = (f, what) => sums.now[what][f] - (signedSums ? sums.base[what][f] : 0);
		let list = [];
		for (let f = SMALL + 1; f < names.length; f++) {
			if (search && search.match && !search.match[f]) continue;
			if (side(f, "flat") || side(f, "cum")) list.push(f);
		}
		list.sort((a, b) => Math.abs(side(b, sortBy)) - Math.abs(side(a, sortBy)) || Math.abs(side(b, "cum")) - Math.abs(side(a, "cum")) || a - b);
		const rows = list.slice(0, most).map((f) => {
			const tr = document.createElement("tr"), th = document.createElement("th"), b = document.createElement("button");
			const kind = document.createElement("td");
			for (const what of ["flat", "cum"]) {
				const v = side(f, what), text = value(Math.abs(v), t), share = percent(v, t.whole);
				for (const s of [text, share]) {
					const td = document.createElement("td");
					td.textContent = signedSums ? signed(s, v) : s;
					tr.append(td);
				}
			}
			b.textContent = names[f];
			b.onclick = () => { sandwich(f); scrollTo(0, 0); };
			kind.textContent = head.classes[head.frames.class[f]].name;
			th.scope = "row";
			th.append(b);
			tr.append(th, kind);
			return tr;
		});
		$("functions").tBodies[0].replaceChildren(...rows);
		for (const b of document.querySelectorAll("#functions thead button")) {
			b.parentElement.setAttribute("aria-sort", b.value === sortBy ? "descending" : "none");
		}
		$("more").hidden = list.length <= most;
		$("more").textContent = "show all " + list.length.toLocaleString("en-US");
		$("caption").textContent = "Functions by " + sortBy + " " + t.type + (search && search.match ? " that match" : "");
	}

	function theme(next) {
		const root = document.documentElement, dark = matchMedia("(prefers-color-scheme: dark)").matches;
		const now = root.dataset.theme || (dark ? "dark" : "light");
		root.dataset.theme = next || (now === "dark" ? "light" : "dark");
		draw.paint();
	}

	async function copy() {
		const hit = hover || selected;
		if (!hit) return;
		const name = names[hit.view.tree.frame[hit.node]];
		try {
			await navigator.clipboard.writeText(name);
		} catch {
			// Without leave for the clipboard, as in some browsers on file://.
			const area = document.createElement("textarea");
			area.value = name;
			document.body.append(area);
			area.select();
			document.execCommand("copy");
			area.remove();
			$("canvas").focus();
		}
		$("spoken").textContent = "copied " + name;
		$("details").replaceChildren("copied " + name);
	}

	const back = () => history.back();
	const reset = () => go({ zoom: 0, frame: 0, query: "" });
	const nextType = () => go({ type: (state.type + 1) % head.types.length });
	const order = () => go({ order: state.order === "name" ? "weight" : "name" });
	const recolour = () => head.signed && go({ colour: state.colour === "change" ? "class" : "change" });

	const keys = {
		Enter: () => selected && open(selected),
		Backspace: back, u: back,
		0: reset, r: reset,
		s: () => { const hit = hover || selected; if (hit) sandwich(hit.view.tree.frame[hit.node]); },
		f: () => go({ frame: 0 }),
		n: () => step(1), N: () => step(-1),
		t: nextType, o: order, v: recolour, d: () => theme(),
		c: copy, y: copy,
		"/": () => { $("search").focus(); $("search").select(); },
		"?": () => $("help").showModal(),
		Escape: () => (state.query ? go({ query: "" }) : state.frame ? go({ frame: 0 }) : go({ zoom: 0 })),
		h: () => move("ArrowLeft"), j: () => move("ArrowDown"), k: () => move("ArrowUp"), l: () => move("ArrowRight"),
	};
	for (const a of ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]) keys[a] = () => move(a);

	function listen() {
		const canvas = $("canvas"), scroller = $("scroller");
		const at = (e) => { const r = scroller.getBoundingClientRect(); return draw.at(e.clientX - r.left, e.clientY - r.top); };
		canvas.addEventListener("mousemove", (e) => {
			hover = at(e);
			canvas.style.cursor = hover ? "pointer" : "default";
			if (hover) showTip(hover, e.clientX, e.clientY);
			else hideTip();
			mark();
		});
		canvas.addEventListener("mouseleave", () => { hover = null; hideTip(); mark(); });
		canvas.addEventListener("click", (e) => { const hit = at(e); hideTip(); if (hit) open(hit); });
		canvas.addEventListener("contextmenu", (e) => {
			const hit = at(e);
			if (!hit) return;
			e.preventDefault();
			hideTip();
			sandwich(hit.view.tree.frame[hit.node]);
		});
		scroller.addEventListener("scroll", () => { hideTip(); draw.paint(); });
		new ResizeObserver(() => { draw.paint(); mark(); }).observe(scroller);
		matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw.paint());
		addEventListener("popstate", () => { state = readState(); $("search").value = state.query; render(); });
		addEventListener("hashchange", () => { if (writeState(state) !== (location.hash || "#")) { state = readState(); render(); } });
		addEventListener("keydown", (e) => {
			if (e.ctrlKey || e.metaKey || e.altKey || $("help").open) return;
			const tag = e.target.tagName;
			if (tag === "INPUT") {
				if (e.key === "Escape" || e.key === "Enter") { if (e.key === "Escape") go({ query: "" }, true); canvas.focus(); e.preventDefault(); }
				return;
			}
			if (tag === "SELECT" || (tag === "BUTTON" && (e.key === "Enter" || e.key === " "))) return;
			const act = keys[e.key];
			if (act) { e.preventDefault(); act(); }
		});
		$("search").addEventListener("input", (e) => go({ query: e.target.value }, !!state.query));
		$("type").addEventListener("change", (e) => go({ type: Number(e.target.value) }));
		for (const [id, act] of Object.entries({ back, reset, order, colour: recolour, theme: () => theme(), flame: () => go({ frame: 0 }), question: keys["?"] })) {
			$(id).addEventListener("click", act);
		}
		$("more").addEventListener("click", () => { most = Infinity; renderTable(); });
		for (const b of document.querySelectorAll("#functions thead button")) b.addEventListener("click", () => { sortBy = b.value; renderTable(); });
	}

	$("type").replaceChildren(...head.types.map((t, i) => new Option(t.type, i)));
	$("type").disabled = head.types.length < 2;
	$("colour").hidden = !head.signed;
	document.body.classList.add("live");
	listen();
	state = readState();
	$("search").value = state.query;
	render();
	document.documentElement.dataset.ready = "yes";
}

start().catch((e) => {
	document.body.classList.add("failed");
	document.getElementById("failure").textContent = "The flame graph cannot be shown: " + e.message +
		(typeof DecompressionStream === "undefined" ? ". It needs a browser of 2023 or later." : "");
});
