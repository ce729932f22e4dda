import Glibc

/// The layout of one process's numbers: a head, cells of eight bytes, and text with a line for each series that says
/// which cells are its. The text makes the file readable for other versions of the programs.
struct MetricsFile: Sendable {
    static let cells = 8192
    static let textBytes = 192 << 10
    private static let head = 64
    private static let textStart = head + cells * 8
    static let bytes = textStart + textBytes
    /// "SAASMET1", the layout's name.
    private static let magic: UInt64 = 0x5341_4153_4D45_5431

    private let map: MappedFile

    /// A new one in memory that is all zeros.
    init(making map: MappedFile) {
        self.map = map
        map.cell(atByte: 0).store(Self.magic)
    }

    /// One that is there; nil when it is something else.
    init?(reading map: MappedFile) {
        guard map.cell(atByte: 0).load() == Self.magic else { return nil }
        self.map = map
    }

    func cell(_ index: Int) -> MetricCell { map.cell(atByte: Self.head + index * 8) }

    /// How much of the text is written.
    private var textLength: MetricCell { map.cell(atByte: 8) }

    /// Appends a line, which readers see as a whole or not at all; false when it has no room. One caller at a time.
    func append(_ line: String) -> Bool {
        let written = Int(textLength.load())
        let utf8 = Array(line.utf8)
        guard written + utf8.count <= Self.textBytes else { return false }
        utf8.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            (map.address + Self.textStart + written).copyMemory(from: source, byteCount: bytes.count)
        }
        textLength.store(UInt64(written + utf8.count))
        return true
    }

    /// Every series with the values of this moment.
    var series: [MetricSeries] {
        let length = min(Int(clamping: textLength.load()), Self.textBytes)
        let text = String(
            decoding: UnsafeRawBufferPointer(start: map.address + Self.textStart, count: length), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            MetricSeries.parse(line) { place in
                let range = place.split(separator: "+").compactMap { Int($0) }
                guard range.count == 2, range[0] >= 0, range[1] > 0, range[0] + range[1] <= Self.cells else {
                    return nil
                }
                return (range[0]..<range[0] + range[1]).map { cell($0).load() }
            }
        }
    }
}
