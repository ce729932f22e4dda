/// A request whose head was read and that waits for its party's turn.
struct WaitingRequest: @unchecked Sendable {  // handed on under the listener's lock, used by one thread at a time
    let slot: RequestSlot
    let since: ContinuousClock.Instant
}
