// The data: what encode.go packed, trees that are laid out, and trees that are
// made of them. Nothing here knows of the screen.

const SMALL = 1, RUNTIME = 3, COLLECTOR = 4; // numbers of a frame and of classes, as in flame.go

async function unpack(base64) {
	const text = atob(base64.trim());
	const packed = new Uint8Array(text.length);
	for (let i = 0; i < packed.length; i++) packed[i] = text.charCodeAt(i);
	const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
	return decode(new Uint8Array(await new Response(stream).arrayBuffer()));
}

// decode reads numbers of seven bits a byte, the lowest first.
function decode(bytes) {
	let at = 0;
	const number = () => {
		let x = 0, unit = 1;
		for (; bytes[at] > 127; unit *= 128) x += (bytes[at++] - 128) * unit;
		return x + bytes[at++] * unit;
	};
	const size = number();
	const head = JSON.parse(new TextDecoder().decode(bytes.subarray(at, at + size)));
	at += size;
	const n = head.nodes;
	const tree = { size: n, frame: new Int32Array(n), parent: new Int32Array(n), first: new Int32Array(n + 1) };
	tree.parent[0] = -1;
	for (let i = 0, next = 1; i < n; i++) {
		tree.first[i] = next;
		for (let k = number(); k > 0; k--) tree.parent[next++] = i;
	}
	tree.first[n] = n;
	for (let i = 0; i < n; i++) tree.frame[i] = number();
	const values = (unit) => {
		const self = new Float64Array(n);
		for (let i = 0; i < n; i++) self[i] = number() * unit;
		return self;
	};
	const columns = head.types.map((t) => {
		const self = values(t.gcd);
		return { self, baseSelf: head.signed ? values(t.gcd) : null };
	});
	finish(tree, head.frames.class);
	for (const c of columns) {
		c.cum = sums(tree, c.self);
		c.baseCum = head.signed ? sums(tree, c.baseSelf) : null;
	}
	return { head, tree, columns };
}

// finish adds to a tree where its rows begin and the class of each node: what
// the collector calls of the runtime is the collector's, if down leads to callees.
function finish(tree, classes, down = true) {
	tree.rows = [0];
	for (let at = 0; at < tree.size;) {
		const next = tree.first[at]; // the first child of a row's first node begins the next row
		tree.rows.push(next);
		at = next;
	}
	tree.class = new Uint8Array(tree.size);
	for (let i = 0; i < tree.size; i++) {
		let c = classes[tree.frame[i]];
		if (down && c === RUNTIME && i > 0 && tree.class[tree.parent[i]] === COLLECTOR) c = COLLECTOR;
		tree.class[i] = c;
	}
}

// sums are the values of nodes with those of all below them.
function sums(tree, self) {
	const cum = self.slice();
	for (let i = tree.size - 1; i > 0; i--) cum[tree.parent[i]] += cum[i];
	return cum;
}

// layOut gives a tree places. seq is its nodes row by row from left to right;
// x and w are where the box of seq[k] begins and how wide it is.
function layOut(tree, column, names) {
	const n = tree.size, width = column.cum.slice();
	if (column.baseCum) for (let i = 0; i < n; i++) width[i] += column.baseCum[i];
	const seq = new Int32Array(n), x = new Float64Array(n), w = new Float64Array(n), place = new Int32Array(n);
	const before = names
		? (a, b) => (tree.frame[a] === SMALL) - (tree.frame[b] === SMALL) || (names[tree.frame[a]] < names[tree.frame[b]] ? -1 : 1)
		: (a, b) => (tree.frame[a] === SMALL) - (tree.frame[b] === SMALL) || width[b] - width[a] || a - b;
	let next = 1;
	w[0] = width[0];
	for (let k = 0; k < n; k++) {
		const i = seq[k], from = tree.first[i], to = tree.first[i + 1];
		place[i] = k;
		if (to - from > 1) {
			const kids = [];
			for (let c = from; c < to; c++) kids.push(c);
			kids.sort(before);
			for (let c = 0; c < kids.length; c++) seq[next + c] = kids[c];
		} else if (to > from) seq[next] = from;
		let left = x[k];
		for (let c = from; c < to; c++, next++) {
			x[next] = left;
			w[next] = width[seq[next]];
			left += w[next];
		}
	}
	return { tree, column, seq, x, w, place, rows: tree.rows };
}

// behind is the first place of a row, from place k on, whose box ends behind value v.
function behind(view, k, end, v) {
	while (k < end) {
		const middle = (k + end) >> 1;
		if (view.x[middle] + view.w[middle] > v) end = middle;
		else k = middle + 1;
	}
	return k;
}

// find marks the frames that match and sums up the outermost of their nodes.
function find(model, pattern) {
	const { tree, columns, head } = model;
	const match = new Uint8Array(head.frames.name.length);
	let frames = 0;
	for (let f = 0; f < match.length; f++) {
		if (f > SMALL && pattern.test(head.frames.name[f])) { match[f] = 1; frames++; }
	}
	const inside = new Uint8Array(tree.size); // at or below a match
	const sum = columns.map(() => 0), baseSum = columns.map(() => 0);
	for (let i = 0; i < tree.size; i++) {
		const above = i > 0 && inside[tree.parent[i]];
		if (above || match[tree.frame[i]]) inside[i] = 1;
		if (above || !match[tree.frame[i]]) continue;
		columns.forEach((c, t) => {
			sum[t] += c.cum[i];
			if (c.baseCum) baseSum[t] += c.baseCum[i];
		});
	}
	return { match, frames, sum, baseSum };
}

// functions sums a column up by frame: flat, and cum with recursion counted once.
function functions(model, column) {
	const { tree } = model, n = model.head.frames.name.length;
	const sides = [[column.self, column.cum], [column.baseSelf, column.baseCum]].filter((s) => s[0]).map(([self, cum]) => {
		const flat = new Float64Array(n), all = new Float64Array(n), open = new Uint32Array(n);
		for (let i = 0; i < tree.size; i++) flat[tree.frame[i]] += self[i];
		// Depth first, so that open counts the frames above a node.
		const todo = [0];
		while (todo.length) {
			const i = todo.pop();
			if (i < 0) { open[tree.frame[~i]]--; continue; }
			if (open[tree.frame[i]]++ === 0) all[tree.frame[i]] += cum[i];
			todo.push(~i);
			for (let c = tree.first[i]; c < tree.first[i + 1]; c++) todo.push(c);
		}
		return { flat, cum: all };
	});
	return { now: sides[0], base: sides[1] };
}

// outermost lists the nodes of a frame that are not below another of them.
function outermost(tree, frame) {
	const found = [], inside = new Uint8Array(tree.size);
	for (let i = 0; i < tree.size; i++) {
		if (i > 0 && inside[tree.parent[i]]) inside[i] = 1;
		else if (tree.frame[i] === frame) { inside[i] = 1; found.push(i); }
	}
	return found;
}

// merged makes one tree of many nodes at once: each step goes from a set of
// nodes to those that next names, and nodes of one frame under one parent are one.
function merged(model, column, frame, down, next, value) {
	const { tree, head } = model;
	const out = { frame: [frame], parent: [-1], first: [], cum: [0], baseCum: [0] };
	const add = (to, v) => { out.cum[to] += v[0]; out.baseCum[to] += v[1]; };
	let from = outermost(tree, frame).map((i) => ({ at: i, start: i, to: 0 }));
	for (const f of from) add(0, value(f, column));
	let row = 0;
	while (from.length) {
		const known = new Map(), further = [], end = out.frame.length;
		// By parent, so that the children of one lie together.
		const steps = [];
		for (const f of from) next(f, (at) => steps.push({ at, start: f.start, to: f.to }));
		steps.sort((a, b) => a.to - b.to);
		for (const s of steps) {
			const fr = tree.frame[s.at], key = s.to * head.frames.name.length + fr;
			let to = known.get(key);
			if (to === undefined) {
				to = out.frame.length;
				known.set(key, to);
				out.frame.push(fr);
				out.parent.push(s.to);
				out.cum.push(0);
				out.baseCum.push(0);
			}
			further.push({ at: s.at, start: s.start, to });
			add(to, value(further[further.length - 1], column));
		}
		for (let p = row, c = end; p < end; p++) {
			out.first[p] = c;
			while (c < out.frame.length && out.parent[c] === p) c++;
		}
		row = end;
		from = further;
	}
	out.size = out.frame.length;
	for (let p = row; p <= out.size; p++) out.first[p] = out.size;
	finish(out, head.frames.class, down);
	return { tree: out, column: { cum: Float64Array.from(out.cum), baseCum: column.baseCum ? Float64Array.from(out.baseCum) : null } };
}

const valueAt = (i, c) => [c.cum[i], c.baseCum ? c.baseCum[i] : 0];

// callees is what a frame calls, wherever it is called from.
function callees(model, column, frame) {
	const { tree } = model;
	return merged(model, column, frame, true, (f, to) => {
		for (let c = tree.first[f.at]; c < tree.first[f.at + 1]; c++) to(c);
	}, (f, c) => valueAt(f.at, c));
}

// callers is who calls a frame, the next one first.
function callers(model, column, frame) {
	const { tree } = model;
	return merged(model, column, frame, false, (f, to) => {
		const p = tree.parent[f.at];
		if (p > 0) to(p);
	}, (f, c) => valueAt(f.start, c));
}
