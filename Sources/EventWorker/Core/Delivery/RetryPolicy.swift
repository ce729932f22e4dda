/// How often and after what pauses a failed event is tried again.
package struct RetryPolicy: Sendable {
    private let attempts: Int
    private let first: Duration
    /// The longest pause.
    package let longest: Duration

    /// - Parameters:
    ///   - attempts: tries in all before an event is dead.
    ///   - first: the pause after the first failure; it doubles with each.
    ///   - longest: the longest pause.
    package init(attempts: Int = 10, first: Duration = .milliseconds(500), longest: Duration = .seconds(300)) {
        self.attempts = attempts
        self.first = first
        self.longest = longest
    }

    /// The pause after the attempt of this number (from 1), with up to a quarter more so that failures do not march in
    /// step; nil when it was the last.
    package func delay(afterAttempt attempt: Int) -> Duration? {
        attempt < attempts ? patientDelay(afterAttempt: attempt) : nil
    }

    /// The same without an end.
    package func patientDelay(afterAttempt attempt: Int) -> Duration {
        let doubled = first * (1 << min(attempt - 1, 20))
        let pause = min(doubled, longest)
        return pause + pause * Double.random(in: 0...0.25)
    }
}
