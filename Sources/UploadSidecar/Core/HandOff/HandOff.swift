package import Contract

/// The calls by which an upload is handed over to the application (see `UploadHandOff`).
///
/// Each blocks until it is answered or given up. Called from any thread. The request's id is for the logs.
package protocol HandOff: Sendable {
    /// Asks what becomes of a body that was received in full. Idempotent by the grant's upload id.
    func resolve(_ upload: ResolveUpload, requestID: String) -> ResolveOutcome
    /// Says that the object is stored. Idempotent by the grant's upload id.
    func commit(_ upload: SettleUpload, requestID: String) -> CommitOutcome
    /// Says that the object will not be stored. Idempotent.
    func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome
}

/// What became of a *resolve*.
package enum ResolveOutcome: Equatable, Sendable {
    /// New content: push the bytes there, then commit.
    case push(UploadTarget)
    /// Known content: the document exists, this is the client's answer.
    case done(HandOffReply)
    /// Not wanted; this is the client's answer.
    case refused(HandOffReply)
    /// No answer that can be read; whether it was carried out is unknown. The text is for the log alone.
    case unclear(String)
}

/// What became of a *commit*.
package enum CommitOutcome: Equatable, Sendable {
    /// Committed, or known to be committed before. The pushed object goes when the reply says so: an identical upload
    /// was faster and its object is used.
    case done(HandOffReply)
    /// Definitely not committed, and no later try will be.
    case refused(HandOffReply)
    /// Whether it was committed is unknown. The text is for the log alone.
    case unclear(String)
}

/// What became of an *abandon*.
package enum AbandonOutcome: Equatable, Sendable {
    /// Nobody can commit the upload any more: its object, if there is one, is rubbish.
    case abandoned
    /// The application keeps the upload as it is.
    case refused
    /// Whether it was carried out is unknown. The text is for the log alone.
    case unclear(String)

    var isUnclear: Bool { if case .unclear = self { true } else { false } }
}
