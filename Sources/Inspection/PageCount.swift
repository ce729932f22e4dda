/// The number of pages in what pdfinfo prints.
enum PageCount {
    /// The last line of that name counts: titles and authors, which the file's writer chose, are printed before it.
    static func read(pdfinfoOutput text: String) -> Int64? {
        for line in text.split(separator: "\n").reversed() where line.hasPrefix("Pages:") {
            guard let count = Int32(line.dropFirst(6).filter { $0 != " " }), count >= 0 else { return nil }
            return Int64(count)
        }
        return nil
    }
}
