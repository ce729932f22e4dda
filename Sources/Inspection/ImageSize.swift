/// An image's size in what file(1) says of it.
struct ImageSize: Equatable {
    let width: Int64
    let height: Int64

    /// - Parameter text: such as `PNG image data, 640 x 480, 8-bit/color RGB, non-interlaced`.
    init?(fileOutput text: String) {
        if text.hasPrefix("JPEG image data") {
            // Comments, which the file's writer chose, come before the frame's line: "…, precision 8, 640x480, …".
            guard let end = text.ranges(of: ", precision ").last?.upperBound else { return nil }
            self.init(among: text[end...].split(separator: ",").map(String.init))
        } else if text.hasPrefix("PNG image data, ") || text.hasPrefix("GIF image data, ")
            || text.hasPrefix("RIFF (little-endian) data, Web/P image")
        {
            self.init(among: text.split(separator: ",").dropFirst().map(String.init))
        } else {
            return nil
        }
    }

    /// The first part that is nothing but two numbers around an x.
    private init?(among parts: [String]) {
        for part in parts {
            let numbers = part.filter { $0 != " " && $0 != "\n" }.split(
                separator: "x", omittingEmptySubsequences: false)
            guard numbers.count == 2, let width = Int32(numbers[0]), let height = Int32(numbers[1]) else { continue }
            guard width > 0, height > 0 else { return nil }
            self.width = Int64(width)
            self.height = Int64(height)
            return
        }
        return nil
    }
}
