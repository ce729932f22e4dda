/// What becomes of an upload whose declared type or extension does not fit its bytes.
package enum UploadTypePolicy: String, CaseIterable, Sendable {
    /// The declared type is stored; what the bytes look like stands with the file.
    case record
    /// The type that the bytes look like is stored.
    case correct
    /// The upload is refused.
    case refuse
}
