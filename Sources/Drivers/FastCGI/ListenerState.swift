/// What the threads of a listener share.
struct ListenerState: Sendable {
    /// From now on connections are closed after their request.
    var stopping = false
    var liveThreads: Int
    var activeRequests = 0
    var joined = false
    var lastAcceptErrorLogged: ContinuousClock.Instant?
    /// Connections without a request, which belong to no thread: who takes one out of here owns it.
    var resting: Set<Int32> = []
    /// Unused without a sharing policy.
    var share: FairShare<WaitingRequest>

    init(liveThreads: Int, sharing: SharingPolicy?) {
        self.liveThreads = liveThreads
        // One thread stays free to take what comes.
        let total = max(1, liveThreads - 1)
        share = FairShare(total: total, perParty: min(total, sharing?.limit ?? total), room: sharing?.room ?? 0)
    }

    /// True for the first caller: a thread is joined once.
    mutating func claimJoin() -> Bool {
        defer { joined = true }
        return !joined
    }
}
