// Numbers and names as people read them.

const DIMENSIONS = [
	{ names: { nanoseconds: 1, ns: 1, microseconds: 1e3, us: 1e3, milliseconds: 1e6, ms: 1e6, seconds: 1e9, s: 1e9 },
		units: [[3600e9, "hrs"], [1e9, "s"], [1e6, "ms"], [1e3, "µs"], [1, "ns"]] },
	{ names: { bytes: 1, byte: 1, b: 1, kb: 1024, mb: 1048576, gb: 1073741824 },
		units: [[2 ** 50, "PB"], [2 ** 40, "TB"], [2 ** 30, "GB"], [2 ** 20, "MB"], [2 ** 10, "kB"], [1, "B"]] },
];

function value(v, type) {
	if (v === 0) return "0";
	if (type.scale) return trim(v * type.scale.by) + type.scale.unit;
	for (const d of DIMENSIONS) {
		const base = d.names[type.unit.toLowerCase()];
		if (!base) continue;
		const [size, name] = d.units.find(([size]) => Math.abs(v * base) >= size) || d.units[d.units.length - 1];
		return trim((v * base) / size) + name;
	}
	return Math.round(v).toLocaleString("en-US") + (type.unit === "count" ? "" : " " + type.unit);
}

const trim = (x) => x.toFixed(2).replace(/\.?0+$/, "");

function percent(v, whole) {
	if (v === 0 || !(whole > 0)) return "0%";
	const share = (100 * Math.abs(v)) / whole;
	if (share < 0.01) return "<0.01%";
	return share.toFixed(share >= 9.95 ? 1 : 2) + "%";
}

function signed(text, v) {
	return (v > 0 ? "+" : v < 0 ? "−" : "±") + text.replace(/^-/, "");
}

// labels are ways to write a name, from the whole to what says the most.
function labels(name) {
	const generic = name.indexOf("["), last = name.lastIndexOf("]");
	if (generic > 0 && last > generic) name = name.slice(0, generic) + "[…]" + name.slice(last + 1);
	const end = generic > 0 ? generic : name.length;
	const slash = name.lastIndexOf("/", end);
	let short = name.slice(slash + 1);
	const version = /^v\d+(?=\.)/.exec(short); // github.com/a/b/v2.F: people say b.F
	if (version) short = name.slice(name.lastIndexOf("/", slash - 1) + 1, slash) + short.slice(version[0].length);
	const plain = short.replace(/\.\([^)]*\)\./, ".");
	return [name, short, plain, plain.slice(plain.indexOf(".") + 1)];
}

// label is the fullest way to write a name in so many characters.
function label(name, room) {
	if (room < 3) return "";
	if (name.length <= room) return name;
	const all = labels(name);
	for (const s of all) if (s.length <= room) return s;
	return all[3].slice(0, room - 1) + "…";
}

// packageOf is what comes before a function's own name: what shades are for.
function packageOf(name) {
	const generic = name.indexOf("["), end = generic > 0 ? generic : name.length;
	const slash = name.lastIndexOf("/", end - 1);
	const dot = name.indexOf(".", slash + 1);
	return dot < 0 || dot > end ? "" : name.slice(0, dot);
}
