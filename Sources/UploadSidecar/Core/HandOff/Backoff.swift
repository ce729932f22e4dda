/// When to try again: the pauses between tries, one fewer than there are tries.
package struct Backoff: Sendable {
    package let pauses: [Duration]

    package init(_ pauses: [Duration]) { self.pauses = pauses }

    /// Nine tries over about 13 seconds: longer than the application needs to restart.
    package static let commit = Backoff(
        [100, 200, 400, 800, 1600, 3000, 3000, 4000].map { .milliseconds($0) })
}
