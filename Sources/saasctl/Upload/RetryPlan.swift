import HTTP

/// When a request is sent again: while the service is away or busy, with growing pauses, and when it names a time.
///
/// Uploads may be repeated because they carry an Idempotency-Key, sign-ins and reads because they change nothing.
struct RetryPlan {
    /// Pauses between tries, one fewer than there are tries.
    private static let pauses: [Duration] = [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8)]
    private static let transient: Set<Int> = [408, 425, 500, 502, 503, 504]

    private var failures = 0

    /// How long to wait after such an answer before the next try; nil when it is final.
    mutating func pause(after answer: ServiceAnswer) -> Duration? {
        // A limit that ends by itself: the service says when, and waiting for it is no failure.
        if answer.status == 429, let seconds = answer.retryAfter { return .seconds(min(max(1, seconds), 3600)) }
        guard answer.status == 429 || Self.transient.contains(answer.status) else { return nil }
        return next(atLeast: answer.retryAfter ?? 0)
    }

    /// The same after there was no answer.
    mutating func pause(after error: HTTPError) -> Duration? {
        switch error {
        case .couldNotConnect, .timedOut, .brokenOff: next(atLeast: 0)
        case .responseTooLarge, .other: nil
        }
    }

    private mutating func next(atLeast seconds: Int64) -> Duration? {
        guard failures < Self.pauses.count else { return nil }
        defer { failures += 1 }
        return max(Self.pauses[failures], .seconds(min(seconds, 60)))
    }
}
