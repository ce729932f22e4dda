package import Base

/// What was found in a file's content after it was stored. Nil members were not looked for, or not found.
package struct FileInspection: Equatable, Sendable {
    package var inspectedAt: Timestamp
    /// Of a document of pages.
    package var pageCount: Int64?
    /// Of an image, in pixels.
    package var imageWidth: Int64?
    package var imageHeight: Int64?
    package var scan: ScanVerdict?
    /// The scanner's name of what it found.
    package var threat: String?

    package init(
        inspectedAt: Timestamp, pageCount: Int64? = nil, imageWidth: Int64? = nil, imageHeight: Int64? = nil,
        scan: ScanVerdict? = nil, threat: String? = nil
    ) {
        self.inspectedAt = inspectedAt
        self.pageCount = pageCount
        self.imageWidth = imageWidth
        self.imageHeight = imageHeight
        self.scan = scan
        self.threat = threat
    }
}

/// What the virus scanner said; the raw value is stored and shown.
package enum ScanVerdict: String, Sendable {
    case clean
    case infected
    /// Larger than the scanner takes.
    case tooLarge = "too_large"
}
