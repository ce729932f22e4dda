"""/metrics as Prometheus reads it."""

import re

LINE = re.compile(r'^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_]+)="((?:[^"\\]|\\.)*)"')


class Metrics:
    """One answer of /metrics: families by name with their types, samples by name and labels."""

    def __init__(self, text):
        self.text = text
        self.types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
        self.samples = {}
        for line in text.splitlines():
            if line.startswith("#") or not line:
                continue
            name, labels, value = LINE.match(line).groups()
            key = (name, frozenset(LABEL.findall(labels or "")))
            assert key not in self.samples, f"two samples {line}"
            self.samples[key] = float(value)

    def sum(self, name, **labels):
        """All samples of the name with these labels together."""
        return sum(value for (sample, found), value in self.samples.items()
                   if sample == name and set(labels.items()) <= found)

    def values(self, name, label):
        return {dict(labels)[label] for sample, labels in self.samples if sample == name}

    @property
    def names(self):
        """What a query may name."""
        parts = {"histogram": ("_bucket", "_sum", "_count")}
        return {name + part for name, kind in self.types.items() for part in parts.get(kind, ("",))}


def read(stack):
    answer = stack.api.get("/metrics")
    assert answer.status == 200, repr(answer)
    assert answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8"
    return Metrics(answer.body.decode("utf-8"))
