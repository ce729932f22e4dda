/// What went wrong with Redis; never holds a password.
package enum RedisError: Error, Equatable, Sendable {
    /// It cannot be reached, or the connection broke.
    case unavailable(String)
    /// It answered a command with an error.
    case refused(String)
}
