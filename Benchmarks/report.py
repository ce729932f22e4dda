"""What a bench says: a table, JSON, and a chart."""

import html

COLUMNS = [("case", 30), ("/s", 10), ("MB/s", 8), ("p50 ms", 9), ("p99 ms", 9), ("errors", 7), ("CPU ms", 8)]


def cpu_ms(result):
    return sum(result["cpu_ms"].values())


def table(results, baseline):
    """Lines of text; with a baseline each rate also as a ratio to it."""
    yield " ".join(name.ljust(width) if name == "case" else name.rjust(width) for name, width in COLUMNS) + (
        "   against" if baseline else "")
    for name, result in results.items():
        values = [name, f"{result['per_second']:.1f}", f"{result['mb_per_second']:.1f}" if result["mb_per_second"] else "",
                  f"{result['p50_ms']:.2f}", f"{result['p99_ms']:.2f}", str(result["errors"]), f"{cpu_ms(result):.3f}"]
        line = " ".join(value.ljust(width) if index == 0 else value.rjust(width)
                        for index, (value, (_, width)) in enumerate(zip(values, COLUMNS)))
        old = (baseline or {}).get(name)
        if old and old["per_second"]:
            line += f"   × {result['per_second'] / old['per_second']:.2f}"
        yield line
    yield ""
    yield "CPU ms of each request by process, and the peak memory of one process in MiB:"
    for name, result in results.items():
        parts = [f"{kind} {result['cpu_ms'][kind]:.3f} ms {result['peak_mib'].get(kind, 0):.0f} MiB"
                 for kind in sorted(result["cpu_ms"])]
        yield f"  {name.ljust(30)} " + ", ".join(parts)


def chart(results, baseline):
    """An SVG: a bar a case, on a logarithmic scale; a thin line where the baseline was."""
    import math
    rates = [result["per_second"] for result in results.values() if result["per_second"] > 0]
    top = math.log10(max(rates, default=1) * 1.2 + 1)
    row, left, width = 22, 230, 520
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 130}" height="{row * len(results) + 30}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>',
             '<text x="8" y="16" fill="#555">requests a second, logarithmic</text>']
    for index, (name, result) in enumerate(results.items()):
        y = 26 + index * row
        length = width * math.log10(result["per_second"] + 1) / top
        lines.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{html.escape(name)}</text>')
        lines.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{row - 6}" fill="#3b76af"/>')
        label = f'{result["per_second"]:.1f}'
        old = (baseline or {}).get(name)
        if old and old["per_second"]:
            x = left + width * math.log10(old["per_second"] + 1) / top
            lines.append(f'<rect x="{x:.1f}" y="{y - 2}" width="2" height="{row - 2}" fill="#c44"/>')
            label += f' (× {result["per_second"] / old["per_second"]:.2f})'
        lines.append(f'<text x="{left + length + 6:.1f}" y="{y + 13}">{label}</text>')
    return "\n".join([*lines, "</svg>", ""])
