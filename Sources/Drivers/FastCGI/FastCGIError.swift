/// What can go wrong in the FastCGI driver.
package enum FastCGIError: Error, Equatable, Sendable {
    /// A unix socket path, or its temporary neighbour, exceeds the 107 bytes of `sockaddr_un`.
    case pathTooLong
    /// The listening socket could not be made; the number is the errno of the call that failed.
    case listenFailed(errno: Int32)
    /// The body ended early, was not as long as CONTENT_LENGTH said, or did not arrive in time.
    case bodyCut
    /// The body is longer than the caller allowed.
    case bodyTooLarge
    /// No byte of the call left this process: another worker can be tried safely.
    case connectFailed
    /// The call failed or timed out after bytes were sent: whether it was carried out is unknown.
    case broken
}
