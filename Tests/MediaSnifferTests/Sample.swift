/// Small files of known types.
enum Sample {
    /// The header of a 1×1 image.
    static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13] + Array("IHDR".utf8)
        + [0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xDE]

    /// An archive with one stored file.
    static let zip = entry("notes.txt", "hello\n") + entry("more.txt", "A second file, so that there is an archive.\n")

    /// The first entries of a word processor's document.
    static let docx =
        entry("[Content_Types].xml", "<?xml version=\"1.0\"?><Types/>") + entry("_rels/.rels", "<Relationships/>")
        + entry("word/document.xml", "<document/>")

    /// A local file header of PKWARE's APPNOTE section 4.3.7 with stored content.
    private static func entry(_ name: String, _ content: String) -> [UInt8] {
        func little(_ value: Int, _ width: Int) -> [UInt8] {
            (0..<width).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        let size = content.utf8.count
        return [0x50, 0x4B, 3, 4] + little(20, 2) + little(0, 2) + little(0, 2) + little(0, 4) + little(0, 4)
            + little(size, 4) + little(size, 4) + little(name.utf8.count, 2) + little(0, 2)
            + Array(name.utf8) + Array(content.utf8)
    }
}
