package import Contract

/// Carries calls to the application: one round trip for all of them. Blocks; called from any thread.
package protocol HandOffTransport: Sendable {
    /// - Parameters:
    ///   - calls: at most `UploadBatch.maxCalls`, all of the tenant.
    ///   - requestIDs: of the calls, for the logs.
    ///   - isPatient: whether to go on looking for a while when no worker of the application takes a connection.
    /// - Returns: one reply a call, in their order.
    func send(_ calls: [UploadCall], of tenant: TenantID, requestIDs: [String], isPatient: Bool) -> HandOffDelivery
    func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome
}

/// How the calls of one round trip arrived.
package enum HandOffDelivery: Sendable {
    case replies([HandOffReply])
    /// Whether they were carried out is unknown.
    case broken
    /// Nobody has seen them.
    case unreachable
}
