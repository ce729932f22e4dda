#!/usr/bin/env python3
"""Prints line coverage by target from an lcov file, and the files that lack most lines.

    coverage_report.py LCOV SOURCES FLOOR      exits 1 when the whole is below FLOOR percent
"""

import pathlib
import sys


def read(path, sources):
    """File -> {line -> whether it ran}: a line counts as run when any binary ran it."""
    files, lines = {}, None
    for record in pathlib.Path(path).read_text().splitlines():
        if record.startswith("SF:"):
            file = pathlib.Path(record[3:])
            lines = files.setdefault(file.relative_to(sources), {}) if file.is_relative_to(sources) else None
        elif record.startswith("DA:") and lines is not None:
            number, count = record[3:].split(",")[:2]
            lines[int(number)] = lines.get(int(number), False) or int(count) > 0
    return files


def target(file):
    """The folder that a SwiftPM target has below Sources."""
    parts = file.parts
    return "/".join(parts[:2] if parts[0] in ("Drivers", "FCGIApp", "UploadSidecar", "EventWorker") else parts[:1])


def main():
    path, sources, floor = sys.argv[1], pathlib.Path(sys.argv[2]), float(sys.argv[3])
    files = {file: lines for file, lines in read(path, sources).items() if lines and file.parts[0] != "KafkaMock"}
    totals = {}
    for file, lines in files.items():
        ran, all_lines = totals.get(target(file), (0, 0))
        totals[target(file)] = ran + sum(lines.values()), all_lines + len(lines)
    for name, (ran, lines) in sorted(totals.items()):
        print(f"{name:24} {ran:6} of {lines:6} lines  {100 * ran / lines:5.1f} %")
    print("least covered:")
    for file, lines in sorted(files.items(), key=lambda item: sum(item[1].values()) - len(item[1]))[:12]:
        print(f"  {len(lines) - sum(lines.values()):4} lines unrun  {file}")
    ran, lines = (sum(column) for column in zip(*totals.values()))
    percent = 100 * ran / lines
    print(f"lines run: {ran} of {lines}, {percent:.1f} %; the floor is {floor:g} %")
    raise SystemExit(0 if percent >= floor else 1)


if __name__ == "__main__":
    main()
