import Base

/// One line that shows how far a transfer is: pure text, as wide as the terminal at most.
enum ProgressLine {
    /// - Parameters:
    ///   - label: what is moving; cut at its start when the line is too narrow.
    ///   - done: of `total` bytes.
    ///   - elapsed: since the first byte.
    ///   - width: columns of the terminal.
    static func text(_ label: String, done: Int64, total: Int64, elapsed: Duration, width: Int) -> String {
        let share = total > 0 ? Double(min(done, total)) / Double(total) : 0
        let milliseconds = elapsed.milliseconds
        let rate = milliseconds > 0 ? Double(done) * 1000 / Double(milliseconds) : 0
        let figures =
            padded("\(Int(share * 100))%", 4) + "  \(size(Double(done))) of \(size(Double(total)))  \(size(rate))/s"
        // One column stays free: a full line would wrap.
        let room = width - 1 - figures.count - 2
        guard room >= 8 else { return String(figures.prefix(max(0, width - 1))) }
        let barWidth = room >= 34 ? 20 : 0
        let labelWidth = room - (barWidth > 0 ? barWidth + 4 : 0)
        let name = label.count <= labelWidth ? label : "..." + label.suffix(max(0, labelWidth - 3))
        guard barWidth > 0 else { return "\(name)  \(figures)" }
        let filled = Int(share * Double(barWidth))
        let bar = String(repeating: "#", count: filled) + String(repeating: "-", count: barWidth - filled)
        return "\(name)  [\(bar)]  \(figures)"
    }

    /// Bytes in the unit that suits them.
    static func size(_ bytes: Double) -> String {
        let units = ["B", "KiB", "MiB", "GiB", "TiB"]
        var value = bytes
        var unit = 0
        while value >= 1024, unit < units.count - 1 {
            value /= 1024
            unit += 1
        }
        guard unit > 0 else { return "\(Int(value)) B" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(units[unit])"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }
}
