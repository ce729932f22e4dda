import Base

extension Console {
    /// A result as JSON, on one line.
    func result(json value: some JSONWritable) { result(String(decoding: value.jsonBytes, as: UTF8.self)) }

    /// Results as a JSON array, one line each.
    func result(jsonArray values: [some JSONWritable]) {
        let lines = values.map { String(decoding: $0.jsonBytes, as: UTF8.self) }
        result(lines.isEmpty ? "[]" : "[\n" + lines.joined(separator: ",\n") + "\n]")
    }
}
