/// What is wrong with an archive or its file.
package struct ArchiveError: Error, Equatable, Sendable {
    /// One sentence for the operator.
    package let sentence: String

    package init(_ sentence: String) { self.sentence = sentence }
}
