#!/usr/bin/env python3
"""Draws where processor time goes, as SVG, from what perf has sampled.

    perf record -F 499 -g -p PID[,PID…] -- sleep 10
    perf script -F comm,ip,sym | Benchmarks/flamegraph.py --title "GET /api/users/me" >docs/flame.svg

Width is the share of samples; what is narrower than --least of all is left out. Callers stand below what they call.
"""

import argparse
import html
import re
import subprocess
import sys

WIDTH, ROW, LETTER = 1000, 15, 6.2
NOISE = re.compile(r"^(_?start|__libc_start.*|start_thread|clone3?|__clone3?|\[unknown\]|main|entry_SYSCALL_64_after_hwframe)$")


def stacks(lines):
    """The samples: each the names from the outermost caller inwards, the program's name first."""
    program, names = None, []
    for line in lines:
        if not line.strip():
            if program:
                yield [program] + [name for name in reversed(names) if not NOISE.match(name)]
            program, names = None, []
        elif line[0].isspace():
            names.append(line.split(maxsplit=1)[1].strip() if len(line.split(maxsplit=1)) > 1 else "[unknown]")
        else:
            program = line.strip()
    if program:
        yield [program] + [name for name in reversed(names) if not NOISE.match(name)]


def readable(names):
    """Swift's mangled names in words, as short as they can be."""
    mangled = sorted(name for name in names if name.startswith(("$s", "$S", "_$s")))
    words = subprocess.run(["swift", "demangle", "-compact", "-simplified"], input="\n".join(mangled), text=True,
                           capture_output=True).stdout.splitlines() if mangled else []
    short = {}
    for name, text in zip(mangled, words):
        text = re.sub(r"^(closure #\d+ .* in |specialized |generic specialization <.*?> of |merged |outlined )+", "", text)
        short[name] = re.sub(r"\(.*|<.*| throws.*| -> .*", "", text).strip() or text
    return short


class Frame:
    def __init__(self, name):
        self.name, self.samples, self.inner = name, 0, {}

    def add(self, stack):
        self.samples += 1
        if stack:
            self.inner.setdefault(stack[0], Frame(stack[0])).add(stack[1:])


def depth(frame, least):
    return 1 + max((depth(inner, least) for inner in frame.inner.values() if inner.samples >= least), default=0)


def draw(frame, left, level, scale, height, least, out):
    width = frame.samples * scale
    top = height - (level + 1) * ROW
    name = html.escape(frame.name, quote=True)
    share = f"{frame.samples * scale / WIDTH:.1%}"
    hue = 20 + sum(map(ord, frame.name)) % 35
    out.append(f'<g><title>{name}: {share}</title><rect x="{left:.1f}" y="{top}" width="{max(width - 0.5, 0.3):.1f}" '
               f'height="{ROW - 1}" fill="hsl({hue},75%,68%)"/>')
    room = int((width - 4) / LETTER)
    if room >= 3:
        text = frame.name if len(frame.name) <= room else frame.name[:room - 1] + "…"
        out.append(f'<text x="{left + 2:.1f}" y="{top + 11}">{html.escape(text)}</text>')
    out.append("</g>")
    for inner in sorted(frame.inner.values(), key=lambda inner: inner.name):
        if inner.samples >= least:
            draw(inner, left, level + 1, scale, height, least, out)
        left += inner.samples * scale


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--title", default="processor time")
    parser.add_argument("--least", type=float, default=0.004, help="the smallest share that is drawn")
    options = parser.parse_args()
    samples = list(stacks(sys.stdin))
    if not samples:
        raise SystemExit("flamegraph: there are no samples in the input")
    names = readable({name for sample in samples for name in sample})
    root = Frame(options.title)
    for sample in samples:
        root.add([names.get(name, name) for name in sample])
    least = root.samples * options.least
    height = depth(root, least) * ROW
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="monospace" '
           'font-size="10">']
    draw(root, 0, 0, WIDTH / root.samples, height, least, out)
    out.append("</svg>")
    print("\n".join(out))


if __name__ == "__main__":
    main()
